//! Small reports of every format, each made of items: a rule (which has its own severity and texts) at a place.

// With their files' names, because the integration tests take this module in too, from another place.
#[path = "writers/cloud.rs"]
mod cloud;
#[path = "writers/code.rs"]
mod code;
#[path = "writers/desks.rs"]
mod desks;
#[path = "writers/hosts.rs"]
mod hosts;
#[path = "writers/packages.rs"]
mod packages;
#[path = "writers/web.rs"]
mod web;

/// A rule and a place.
pub type Item = (u8, u8);

type Writer = fn(&[Item]) -> String;

/// Every format, in every way it can be written, by name.
pub const WRITERS: &[(&str, Writer)] = &[
    ("nuclei", web::nuclei),
    ("sarif", code::sarif),
    ("zap", web::zap_xml),
    ("zap", web::zap_json),
    ("nessus", hosts::nessus_xml),
    ("nessus", hosts::nessus_csv),
    ("nessus", hosts::nessus_first),
    ("nessus", hosts::nessus_lines),
    ("nmap", hosts::nmap),
    ("nmap", hosts::nmap_scripts),
    ("semgrep", code::semgrep),
    ("bandit", code::bandit),
    ("wapiti", web::wapiti_json),
    ("wapiti", web::wapiti_xml),
    ("wapiti", web::wapiti_first),
    ("testssl", hosts::testssl_flat),
    ("testssl", hosts::testssl_pretty),
    ("testssl", hosts::testssl_csv),
    ("burp", web::burp_xml),
    ("burp", web::burp_api),
    ("burp", web::burp_graphql),
    ("burp", web::burp_dastardly),
    ("burp", web::burp_page),
    ("burp", web::burp_report),
    ("openvas", hosts::openvas_xml),
    ("openvas", hosts::openvas_csv),
    ("nikto", web::nikto_xml),
    ("nikto", web::nikto_json),
    ("nikto", web::nikto_csv),
    ("acunetix", web::acunetix),
    ("invicti", web::invicti_json),
    ("invicti", web::invicti_xml),
    ("sslscan", hosts::sslscan),
    ("sslyze", hosts::sslyze_json),
    ("sslyze", hosts::sslyze_first),
    ("sslyze", hosts::sslyze_xml),
    ("qualys", hosts::qualys_xml),
    ("qualys", hosts::qualys_csv),
    ("qualys", hosts::qualys_vmdr),
    ("qualys", hosts::qualys_scan),
    ("qualys", hosts::qualys_hosts),
    ("qualys", hosts::qualys_host_rows),
    ("qualys-was", hosts::qualys_was),
    ("nexpose", hosts::nexpose),
    ("nexpose", hosts::nexpose_simple),
    ("checkmarx", code::checkmarx_xml),
    ("checkmarx", code::checkmarx_json),
    ("checkmarx", code::checkmarx_report),
    ("checkmarx", code::checkmarx_old_report),
    ("checkmarx", code::checkmarx_flow),
    ("checkmarx", code::checkmarx_osa),
    ("checkmarx", code::checkmarx_sca),
    ("checkmarx", code::checkmarx_rows),
    ("veracode", code::veracode_xml),
    ("veracode", code::veracode_json),
    ("veracode", code::veracode_pipeline),
    ("veracode", code::veracode_agent),
    ("generic", desks::generic_json),
    ("generic", desks::generic_csv),
    ("defectdojo", desks::defectdojo_page),
    ("defectdojo", desks::defectdojo_rows),
    ("faraday", desks::faraday_list),
    ("faraday", desks::faraday_hosts),
    ("faraday", desks::faraday_rows),
    ("faraday", desks::faraday_metasploit),
    ("trivy", packages::trivy),
    ("trivy", packages::trivy_list),
    ("trivy", packages::trivy_checks),
    ("trivy", packages::trivy_old_cluster),
    ("trivy", packages::trivy_secrets),
    ("trivy", packages::trivy_operator),
    ("grype", packages::grype),
    ("snyk", packages::snyk),
    ("snyk", packages::snyk_iac),
    ("dependency-check", packages::dependency_check_xml),
    ("dependency-check", packages::dependency_check_json),
    ("dependency-check", packages::dependency_check_rows),
    ("riskdesk", desks::riskdesk),
    ("cyclonedx", packages::cyclonedx_json),
    ("cyclonedx", packages::cyclonedx_xml),
    ("npm-audit", packages::npm_old),
    ("npm-audit", packages::npm_new),
    ("yarn-audit", packages::yarn_old),
    ("yarn-audit", packages::yarn_new),
    ("pip-audit", packages::pip_audit),
    ("cargo-audit", packages::cargo_audit),
    ("gitleaks", packages::gitleaks),
    ("gitleaks", packages::gitleaks_old),
    ("gitleaks", packages::gitleaks_rows),
    ("gitlab", packages::gitlab_sast),
    ("gitlab", packages::gitlab_dast),
    ("gitlab", packages::gitlab_dependencies),
    ("gitlab", packages::gitlab_first),
    ("gitlab", packages::gitlab_clair),
    ("gitlab", packages::gitlab_images),
    ("gitlab", packages::gitlab_secrets),
    ("wpscan", packages::wpscan),
    ("mobsf", packages::mobsf),
    ("mobsf", packages::mobsfscan),
    ("asff", cloud::asff),
    ("asff", cloud::asff_event),
    ("prowler", cloud::prowler_ocsf),
    ("prowler", cloud::prowler_csv),
    ("prowler", cloud::prowler_two),
    ("prowler", cloud::prowler_three),
];

fn joined(items: &[Item], by: &str, one: impl Fn(u8, u8) -> String) -> String {
    items.iter().map(|(r, p)| one(*r, *p)).collect::<Vec<_>>().join(by)
}

fn word(r: u8) -> &'static str {
    ["high", "medium", "low", "info"][usize::from(r % 4)]
}
