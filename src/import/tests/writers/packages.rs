//! Reports of scanners of packages and code hosts.

use super::{Item, joined, word};

fn trivy_results(items: &[Item], list: &str) -> String {
    joined(items, ",", |r, p| {
        format!(
            r#"{{"Target":"f{p}.lock","Type":"npm","{list}":[{{"VulnerabilityID":"CVE-2020-000{r}","PkgName":"p{r}","InstalledVersion":"1","Severity":"{}",
            "ID":"DS00{r}","Title":"T{r}","Message":"m{r}","Status":"FAIL"}}]}}"#,
            word(r).to_uppercase()
        )
    })
}

pub fn trivy(items: &[Item]) -> String {
    format!(
        r#"{{"SchemaVersion":2,"ArtifactName":".","ArtifactType":"filesystem","Results":[{}]}}"#,
        trivy_results(items, "Vulnerabilities")
    )
}

pub fn trivy_list(items: &[Item]) -> String {
    format!("[{}]", trivy_results(items, "Vulnerabilities"))
}

pub fn trivy_checks(items: &[Item]) -> String {
    let resources = joined(items, ",", |r, p| {
        format!(
            r#"{{"Kind":"Pod","Name":"h{p}","Results":[{}]}}"#,
            trivy_results(&[(r, p)], "Misconfigurations")
        )
    });
    format!(r#"{{"ClusterName":"c","Resources":[{resources}]}}"#)
}

pub fn grype(items: &[Item]) -> String {
    let matches = joined(items, ",", |r, p| {
        format!(
            r#"{{"vulnerability":{{"id":"CVE-2020-000{r}","severity":"{}"}},"artifact":{{"name":"p{r}","version":"1","type":"npm","locations":[{{"path":"/f{p}"}}]}}}}"#,
            word(r)
        )
    });
    format!(r#"{{"matches":[{matches}],"source":{{"type":"directory","target":"."}},"descriptor":{{"name":"grype"}}}}"#)
}

pub fn snyk(items: &[Item]) -> String {
    let projects = joined(items, ",", |r, p| {
        format!(
            r#"{{"vulnerabilities":[{{"id":"SNYK-JS-P-{r}","packageName":"p{r}","version":"1","packageManager":"npm","severity":"{}","title":"T{r}"}}],
            "ok":false,"dependencyCount":1,"packageManager":"npm","projectName":"n{p}","uniqueCount":1}}"#,
            word(r)
        )
    });
    format!("[{projects}]")
}

pub fn dependency_check_xml(items: &[Item]) -> String {
    let dependencies = joined(items, "", |r, p| {
        format!(
            "<dependency><fileName>a{p}.ear: p{r}-1.jar</fileName><vulnerabilities><vulnerability><name>CVE-2020-000{r}</name>\
             <severity>{}</severity></vulnerability></vulnerabilities></dependency>",
            word(r)
        )
    });
    format!("<analysis><scanInfo/><dependencies>{dependencies}</dependencies></analysis>")
}

pub fn dependency_check_json(items: &[Item]) -> String {
    let dependencies = joined(items, ",", |r, p| {
        format!(
            r#"{{"fileName":"a{p}.ear: p{r}-1.jar","vulnerabilities":[{{"name":"CVE-2020-000{r}","severity":"{}"}}]}}"#,
            word(r)
        )
    });
    format!(r#"{{"reportSchema":"1.1","scanInfo":{{}},"dependencies":[{dependencies}]}}"#)
}

pub fn cyclonedx_json(items: &[Item]) -> String {
    let components = joined(items, ",", |r, p| {
        format!(r#"{{"bom-ref":"c{r}-{p}","name":"p{r}","version":"{p}"}}"#)
    });
    let vulnerabilities = joined(items, ",", |r, p| {
        format!(
            r#"{{"id":"CVE-2020-000{r}","ratings":[{{"severity":"{}"}}],"affects":[{{"ref":"c{r}-{p}"}}]}}"#,
            word(r)
        )
    });
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{components}],"vulnerabilities":[{vulnerabilities}]}}"#
    )
}

pub fn cyclonedx_xml(items: &[Item]) -> String {
    let components = joined(items, "", |r, p| {
        format!(
            "<component><name>p{r}</name><version>{p}</version><v:vulnerabilities><v:vulnerability><v:id>CVE-2020-000{r}</v:id>\
             <v:ratings><v:rating><v:severity>{}</v:severity></v:rating></v:ratings></v:vulnerability></v:vulnerabilities></component>",
            word(r)
        )
    });
    format!(
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.2\" xmlns:v=\"urn:v\"><components>{components}</components></bom>"
    )
}

pub fn npm_old(items: &[Item]) -> String {
    let advisories = joined(items, ",", |r, p| {
        format!(
            r#""{r}":{{"findings":[{{"version":"{p}","paths":["a>p{r}"]}}],"id":{r},"title":"T{r}","module_name":"p{r}","severity":"{}"}}"#,
            word(r)
        )
    });
    format!(r#"{{"actions":[],"advisories":{{{advisories}}},"muted":[],"metadata":{{}}}}"#)
}

pub fn npm_new(items: &[Item]) -> String {
    let packages = joined(items, ",", |r, p| {
        format!(
            r#""p{r}":{{"name":"p{r}","severity":"{}","via":[{{"source":{r},"title":"T{r}"}}],"nodes":["node_modules/n{p}"]}}"#,
            word(r)
        )
    });
    format!(r#"{{"auditReportVersion":2,"vulnerabilities":{{{packages}}},"metadata":{{}}}}"#)
}

pub fn pip_audit(items: &[Item]) -> String {
    let packages = joined(items, ",", |r, p| {
        format!(r#"{{"name":"p{r}","version":"{p}","vulns":[{{"id":"PYSEC-2020-{r}","fix_versions":["9"]}}]}}"#)
    });
    format!("[{packages}]")
}

pub fn cargo_audit(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"advisory":{{"id":"RUSTSEC-2020-000{r}","title":"T{r}"}},"package":{{"name":"p{r}","version":"{p}"}}}}"#
        )
    });
    format!(r#"{{"database":{{}},"lockfile":{{}},"vulnerabilities":{{"list":[{found}]}},"warnings":{{}}}}"#)
}

pub fn gitleaks(items: &[Item]) -> String {
    let leaks = joined(items, ",", |r, p| {
        format!(
            r#"{{"RuleID":"r{r}","Description":"D{r}","File":"f{r}","StartLine":{p},"Secret":"s3cr3t-{r}","Match":"k = s3cr3t-{r}"}}"#
        )
    });
    format!("[{leaks}]")
}

pub fn gitleaks_old(items: &[Item]) -> String {
    let leaks = joined(items, ",", |r, p| {
        format!(
            r#"{{"line":"k = s3cr3t-{r}","lineNumber":{p},"offender":"s3cr3t-{r}","commit":"c","rule":"r{r}","file":"f{r}"}}"#
        )
    });
    format!("[{leaks}]")
}

pub fn gitleaks_rows(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("r{r},c,f{r},s3cr3t-{r},k = s3cr3t-{r},{p},{p},2026-01-02T03:04:05Z,c:f{r}:r{r}:{p}")
    });
    format!("RuleID,Commit,File,Secret,Match,StartLine,EndLine,Date,Fingerprint\n{rows}\n")
}

fn gitlab(kind: &str, items: &[Item], location: impl Fn(u8, u8) -> String) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"id":"{r}-{p}","name":"N{r}","severity":"{}","location":{},"identifiers":[{{"type":"t","name":"I{r}","value":"i{r}"}}]}}"#,
            word(r),
            location(r, p)
        )
    });
    format!(
        r#"{{"version":"15.0.0","vulnerabilities":[{found}],"scan":{{"type":"{kind}","scanner":{{"id":"x"}},"status":"success"}}}}"#
    )
}

pub fn gitlab_sast(items: &[Item]) -> String {
    gitlab("sast", items, |r, p| format!(r#"{{"file":"f{r}","start_line":{p}}}"#))
}

pub fn gitlab_dast(items: &[Item]) -> String {
    gitlab("dast", items, |_, p| {
        format!(r#"{{"hostname":"http://h{p}.test","path":"/a"}}"#)
    })
}

pub fn gitlab_dependencies(items: &[Item]) -> String {
    gitlab("dependency_scanning", items, |r, p| {
        format!(r#"{{"file":"f{p}","dependency":{{"package":{{"name":"p{r}"}},"version":"1"}}}}"#)
    })
}

pub fn wpscan(items: &[Item]) -> String {
    let plugins = joined(items, ",", |r, p| {
        format!(
            r#""p{r}":{{"slug":"p{r}","location":"https://h{p}.test/wp-content/plugins/p{r}/","vulnerabilities":[{{"title":"T{r}","references":{{}}}}]}}"#
        )
    });
    format!(r#"{{"banner":{{}},"target_url":"https://h.test/","interesting_findings":[],"plugins":{{{plugins}}}}}"#)
}

pub fn mobsf(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"rule":"r{r}","title":"T{r}","severity":"{}","component":["c{p}"]}}"#,
            ["high", "warning", "info"][usize::from(r % 3)]
        )
    });
    format!(
        r#"{{"file_name":"a","app_name":"A","md5":"0","package_name":"a.test","app_type":"apk","manifest_analysis":{{"manifest_findings":[{found}]}}}}"#
    )
}

pub fn mobsfscan(items: &[Item]) -> String {
    let files = joined(items, ",", |r, p| {
        format!(r#"{{"file_path":"f{r}","match_lines":[{p},{p}],"match_string":"m"}}"#)
    });
    format!(
        r#"{{"errors":[],"mobsfscan_version":"0.1","results":{{"rule":{{"files":[{files}],"metadata":{{"severity":"WARNING","description":"D"}}}}}}}}"#
    )
}

pub fn trivy_old_cluster(items: &[Item]) -> String {
    let resources = joined(items, ",", |r, p| {
        format!(
            r#"{{"Kind":"Pod","Name":"h{p}","Results":[{}]}}"#,
            trivy_results(&[(r, p)], "Vulnerabilities")
        )
    });
    format!(r#"{{"ClusterName":"c","Vulnerabilities":[{resources}],"Misconfigurations":[]}}"#)
}

pub fn snyk_iac(items: &[Item]) -> String {
    let files = joined(items, ",", |r, p| {
        format!(
            r#"{{"vulnerabilities":[],"targetFile":"f.tf","projectName":"n","ok":false,"infrastructureAsCodeIssues":[{{"publicId":"SNYK-CC-{r}","severity":"{}","title":"T{r}",
            "lineNumber":{p},"path":["resource","r{p}"]}}]}}"#,
            word(r)
        )
    });
    format!("[{files}]")
}

pub fn yarn_old(items: &[Item]) -> String {
    joined(items, "\n", |r, p| {
        format!(
            r#"{{"type":"auditAdvisory","data":{{"resolution":{{"path":"a{p}>p{r}"}},"advisory":{{"findings":[{{"version":"1","paths":["a{p}>p{r}"]}}],"id":{r},"title":"T{r}","module_name":"p{r}","severity":"{}"}}}}}}"#,
            word(r)
        )
    })
}

pub fn yarn_new(items: &[Item]) -> String {
    joined(items, "\n", |r, p| {
        format!(
            r#"{{"value":"p{r}","children":{{"ID":{r},"Issue":"T{r}","URL":"https://github.com/advisories/GHSA-aaaa-bbbb-000{r}","Severity":"{}","Tree Versions":["{p}.0"],"Dependents":["a"]}}}}"#,
            word(r)
        )
    })
}

pub fn gitlab_first(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"category":"sast","message":"m{r}","cve":"f.c:{p}:R{r}","priority":"{}","tool":"bandit","file":"f.c","line":{},
            "identifiers":[{{"type":"t","name":"R{r}","value":"R{r}"}}]}}"#,
            word(r),
            p + 1
        )
    });
    format!("[{found}]")
}

pub fn gitlab_clair(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"featurename":"lib","featureversion":"{p}","vulnerability":"CVE-2020-000{r}","severity":"{}","fixedby":""}}"#,
            word(r)
        )
    });
    format!(r#"{{"image":"app:1","unapproved":[],"vulnerabilities":[{found}]}}"#)
}

pub fn gitlab_images(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"severity":"{}","identifiers":[{{"type":"cve","name":"CVE-2020-000{r}","value":"CVE-2020-000{r}"}}],
            "location":{{"image":"app:1","dependency":{{"package":{{"name":"lib"}},"version":"{p}"}}}}}}"#,
            word(r)
        )
    });
    format!(
        r#"{{"version":"15.0.0","scan":{{"type":"container_scanning","scanner":{{"id":"trivy"}}}},"vulnerabilities":[{found}]}}"#
    )
}

pub fn gitlab_secrets(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"severity":"{}","identifiers":[{{"type":"gitleaks_rule_id","name":"R{r}","value":"R{r}"}}],"raw_source_code_extract":"secret{r}secret",
            "location":{{"file":"f.c","start_line":{},"commit":{{"sha":"0000000"}}}}}}"#,
            word(r),
            p + 1
        )
    });
    format!(
        r#"{{"version":"15.0.0","scan":{{"type":"secret_detection","scanner":{{"id":"gitleaks"}}}},"vulnerabilities":[{found}]}}"#
    )
}

pub fn trivy_secrets(items: &[Item]) -> String {
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"Target":"f{p}.env","Class":"secret","Secrets":[{{"RuleID":"r{r}","Category":"c","Severity":"{}","Title":"T{r}","StartLine":1,"EndLine":1,"Match":"key=***"}}]}}"#,
            word(r).to_uppercase()
        )
    });
    format!(r#"{{"SchemaVersion":2,"ArtifactName":".","ArtifactType":"filesystem","Results":[{found}]}}"#)
}

pub fn trivy_operator(items: &[Item]) -> String {
    let reports = joined(items, ",", |r, p| {
        format!(
            r#"{{"apiVersion":"v1","kind":"VulnerabilityReport","metadata":{{"name":"x"}},"report":{{"scanner":{{"name":"Trivy"}},"artifact":{{"repository":"app{p}","tag":"1"}},
            "vulnerabilities":[{{"vulnerabilityID":"CVE-2020-000{r}","resource":"p{r}","installedVersion":"1","severity":"{}"}}]}}}}"#,
            word(r).to_uppercase()
        )
    });
    if items.is_empty() {
        return r#"{"apiVersion":"v1","kind":"List","items":[{"metadata":{},"report":{"scanner":{},"vulnerabilities":[]}}]}"#.into();
    }
    format!(r#"{{"apiVersion":"v1","kind":"List","items":[{reports}]}}"#)
}

pub fn dependency_check_rows(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!(
            "a{p}.ear: p{r}-1.jar,/a{p},pkg:maven/g/p{r}@1,CVE-2020-000{r},{},d{r}",
            word(r)
        )
    });
    format!("DependencyName,DependencyPath,Identifiers,CVE,CVSSv3_BaseSeverity,Vulnerability\n{rows}\n")
}
