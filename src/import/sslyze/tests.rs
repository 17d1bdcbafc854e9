//! sslyze's JSON, from its first to its newest form, and its XML: the same server each time.

use crate::import::tests::read as decode;

#[test]
fn versions_agree_on_what_is_wrong() {
    let suites = r#""tls_version_used":"TLS_1_2","accepted_cipher_suites":[{"cipher_suite":{"name":"TLS_RSA_WITH_AES_128_CBC_SHA","openssl_name":"AES128-SHA"},"ephemeral_key":null},
      {"cipher_suite":{"openssl_name":"DHE-RSA-AES128-GCM-SHA256"},"ephemeral_key":{"type_name":"DH","size":1024}}]"#;
    let certificate = r#""certificate_deployments":[{"leaf_certificate_subject_matches_hostname":false,"received_chain_has_valid_order":true,
      "path_validation_results":[{"openssl_error_string":"certificate has expired","trust_store":{"name":"Mozilla"}}],"received_certificate_chain":[{"public_key":{"algorithm":"_RSAPublicKey","key_size":1024}}]}]"#;
    let old = format!(
        r#"{{"sslyze_version":"3.0.7","server_connectivity_errors":[{{"x":1}}],"server_scan_results":[{{"server_info":{{"server_location":{{"hostname":"mail.example","ip_address":"192.0.2.4","port":465}}}},
        "scan_commands_results":{{"heartbleed":{{"is_vulnerable_to_heartbleed":true}},"session_renegotiation":{{"accepts_client_renegotiation":true,"supports_secure_renegotiation":false}},
        "tls_1_2_cipher_suites":{{{suites}}},"certificate_info":{{{certificate}}},"robot":null}}}}]}}"#
    );
    let new = format!(
        r#"{{"date_scans_completed":"2026-11-22T08:00:00.5","server_scan_results":[{{"server_location":{{"hostname":"mail.example","ip_address":"192.0.2.4","port":465}},"connectivity_status":"COMPLETED",
        "scan_result":{{"heartbleed":{{"status":"COMPLETED","result":{{"is_vulnerable_to_heartbleed":true}}}},"session_renegotiation":{{"result":{{"is_vulnerable_to_client_renegotiation_dos":true,"supports_secure_renegotiation":false}}}},
        "tls_1_2_cipher_suites":{{"result":{{{suites}}}}},"certificate_info":{{"result":{{{certificate}}}}},"http_headers":{{"status":"ERROR","result":null}}}}}},
        {{"server_location":{{"hostname":"down.example","port":443}},"connectivity_status":"ERROR","scan_result":null}}]}}"#
    );
    let xml = r#"<document title="SSLyze Scan Results" SSLyzeVersion="1.4.3"><results><target host="mail.example" ip="192.0.2.4" port="465">
      <heartbleed><openSslHeartbleed isVulnerable="True"/></heartbleed><reneg><sessionRenegotiation canBeClientInitiated="True" isSecure="False"/></reneg>
      <tlsv1_2 isProtocolSupported="True"><acceptedCipherSuites><cipherSuite name="AES128-SHA"/><cipherSuite name="DHE-RSA-AES128-GCM-SHA256"><keyExchange Type="DH" GroupSize="1024"/></cipherSuite></acceptedCipherSuites></tlsv1_2>
      <certinfo><receivedCertificateChain isChainOrderValid="True"><certificate><publicKey algorithm="RSA" size="1024"/></certificate></receivedCertificateChain>
      <certificateValidation><hostnameValidation certificateMatchesServerHostname="False"/><pathValidation usingTrustStore="Mozilla" validationResult="certificate has expired"/></certificateValidation></certinfo>
      </target></results><invalidTargets/></document>"#;
    let oldest = r#"{"sslyze_version":"2.1.4","network_timeout":5,"invalid_targets":[{"down.example:443":"refused"}],"accepted_targets":[{"server_info":{"hostname":"mail.example","ip_address":"192.0.2.4","port":465},
        "commands_results":{"heartbleed":{"is_vulnerable_to_heartbleed":true},"reneg":{"accepts_client_renegotiation":true,"supports_secure_renegotiation":false},
        "compression":{"compression_name":null},"tlsv1_2":{"accepted_cipher_list":[{"openssl_name":"AES128-SHA","ssl_version":"TLSV1_2"}],"rejected_cipher_list":[{"openssl_name":"NULL-MD5"}]},
        "sslv3":{"accepted_cipher_list":[]},"robot":{"robot_result_enum":"NOT_VULNERABLE_NO_ORACLE"},
        "certinfo":{"leaf_certificate_subject_matches_hostname":false,"path_validation_result_list":[{"trust_store":{"name":"Mozilla"},"verify_string":"certificate has expired"},
        {"trust_store":{"name":"Java"},"verify_string":"ok","was_validation_successful":true}]}}}]}"#;
    let (records, summary) = decode(oldest);
    let mut names: Vec<_> = records.iter().map(|r| r.rule.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "certificate-expired",
            "certificate-hostname",
            "heartbleed",
            "insecure-renegotiation",
            "obsolete-suites"
        ]
    );
    assert_eq!(summary.covers, ["mail.example:465"]);
    assert_eq!(summary.left_out[0].what, "servers that were not reached");
    assert_eq!(summary.left_out.len(), 1);
    let mut rules = Vec::new();
    for text in [old.as_str(), new.as_str(), xml] {
        let (records, summary) = decode(text);
        assert_eq!(
            (summary.format.as_str(), summary.covers.as_slice()),
            ("sslyze", &["mail.example:465".to_owned()][..])
        );
        assert!(
            records
                .iter()
                .all(|r| r.occurrence.place == "mail.example:465"
                    && r.occurrence.parts.ip.as_deref() == Some("192.0.2.4"))
        );
        let mut of_this: Vec<_> = records
            .iter()
            .map(|r| (r.rule.clone(), r.detail.replace("TLS_1_2", "tlsv1_2")))
            .collect();
        of_this.sort();
        rules.push(of_this);
    }
    let names: Vec<_> = rules[0].iter().map(|(r, _)| r.as_str()).collect();
    assert_eq!(
        names,
        [
            "certificate-expired",
            "certificate-hostname",
            "certificate-key",
            "heartbleed",
            "insecure-renegotiation",
            "obsolete-suites",
            "weak-dh"
        ]
    );
    assert!(rules.iter().all(|r| *r == rules[0]), "{rules:#?}");
    let (_, summary) = decode(&new);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["checks that failed", "servers that were not reached"]);
    assert_eq!(summary.records(), 2);
}
