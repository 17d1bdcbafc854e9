//! Reports about source code.

use super::{Item, joined, word};

pub fn sarif(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"ruleId":"r{r}","level":"error","message":{{"text":"m{r}"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"f{r}.c"}},"region":{{"startLine":{p}}}}}}}]}}"#
        )
    });
    format!(r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"T"}}}},"results":[{results}]}}]}}"#)
}

pub fn semgrep(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"check_id":"r{r}","path":"f{r}.py","start":{{"line":{p},"col":1}},"end":{{"line":{p},"col":9}},"extra":{{"message":"m{r}","severity":"ERROR","lines":"c{r}"}}}}"#
        )
    });
    format!(r#"{{"errors":[],"results":[{results}],"paths":{{}}}}"#)
}

pub fn bandit(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"test_id":"B{r}","test_name":"n{r}","filename":"f{r}.py","line_number":{p},"code":"{p} c{r}\n","issue_text":"m{r}","issue_severity":"LOW"}}"#
        )
    });
    format!(r#"{{"errors":[],"generated_at":"2025-06-22T04:04:14Z","metrics":{{}},"results":[{results}]}}"#)
}

pub fn checkmarx_xml(items: &[Item]) -> String {
    let queries = joined(items, "", |r, p| {
        format!(
            "<Query id=\"{r}\" name=\"Q{r}\" cweId=\"79\" Severity=\"{}\"><Result FileName=\"f.c\" Line=\"{p}\" Column=\"1\"/></Query>",
            word(r)
        )
    });
    format!("<CxXMLResults>{queries}</CxXMLResults>")
}

pub fn checkmarx_json(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"type":"sast","similarityId":"{r}{p}","severity":"{}","data":{{"queryId":{r},"queryName":"Q{r}","nodes":[{{"fileName":"f.c","line":{p}}}]}}}}"#,
            word(r)
        )
    });
    format!(r#"{{"results":[{results}],"scanID":"s"}}"#)
}

pub fn veracode_xml(items: &[Item]) -> String {
    let flaws = joined(items, "", |r, p| {
        format!(
            "<flaw issueid=\"{r}\" categoryname=\"N{r}\" severity=\"{}\" sourcefile=\"f.c\" line=\"{p}\"/>",
            r % 6
        )
    });
    format!(
        "<detailedreport app_id=\"1\"><severity><category><cwe><staticflaws>{flaws}</staticflaws></cwe></category></severity></detailedreport>"
    )
}

pub fn veracode_json(items: &[Item]) -> String {
    let findings = joined(items, ",", |r, p| {
        format!(
            r#"{{"issue_id":{r},"scan_type":"STATIC","finding_details":{{"severity":{},"finding_category":{{"name":"N{r}"}},"file_path":"f.c","file_line_number":{p}}}}}"#,
            r % 6
        )
    });
    format!(r#"{{"_embedded":{{"findings":[{findings}]}}}}"#)
}

pub fn checkmarx_report(items: &[Item]) -> String {
    let queries = joined(items, ",", |r, p| {
        format!(
            r#"{{"queryName":"Q{r}","queryId":{r},"description":"d{r}","cweId":79,"vulnerabilities":[{{"similarityId":1{r}{p},"status":"Recurrent","state":"To Verify","severity":"{}",
            "nodes":[{{"fileName":"f.c","line":{p},"node":"n"}}]}}]}}"#,
            word(r)
        )
    });
    format!(
        r#"{{"reportType":"Vulnerability Type","reportHeader":{{}},"scanResults":{{"totalResults":1,"resultsList":[{queries}]}}}}"#
    )
}

pub fn checkmarx_old_report(items: &[Item]) -> String {
    let found = |r: u8, p: u8, more: &str| {
        format!(
            r#"{{"similarityId":"{r}-{p}","status":"NEW","state":"To verify","severity":"{}"{more}}}"#,
            word(r).to_uppercase()
        )
    };
    let of = |engine: u8, one: &dyn Fn(u8, u8) -> String| {
        let mine: Vec<Item> = items.iter().copied().filter(|(r, _)| r % 3 == engine).collect();
        joined(&mine, ",", one)
    };
    let queries = of(0, &|r, p| {
        format!(
            r#"{{"queryName":"Q{r}","vulnerabilities":[{}]}}"#,
            found(r, p, r#","nodes":[{"fileName":"f.c","line":1}]"#)
        )
    });
    let packages = of(1, &|r, p| {
        format!(
            r#"{{"name":"Npm-p{r}-{p}.0","vulnerabilities":[{}]}}"#,
            found(r, p, r#","cveName":"CVE-2021-0001""#)
        )
    });
    let files = of(2, &|r, p| {
        format!(
            r#"{{"name":"Dockerfile","vulnerabilities":[{}]}}"#,
            found(
                r,
                p,
                &format!(r#","queryName":"K{r}","fileName":"Dockerfile","actualValue":"{p}""#)
            )
        )
    });
    format!(
        r#"{{"reportId":"1","reportHeader":{{}},"executiveSummary":{{}},"scanResults":{{"sast":{{"languages":[{{"languageName":"C","queries":[{queries}]}}]}},
        "sca":{{"packages":[{packages}]}},"kics":{{"results":[{files}]}}}}}}"#
    )
}

pub fn checkmarx_flow(items: &[Item]) -> String {
    let issues = joined(items, ",", |r, p| {
        format!(
            r#"{{"vulnerability":"Q{r}","cwe":"79","severity":"{}","filename":"f.c","details":{{"{p}":{{"falsePositive":false}}}},
            "additionalDetails":{{"results":[{{"source":{{"file":"f.c","line":"1"}},"sink":{{"file":"f.c","line":"{}"}}}}]}}}}"#,
            word(r).to_uppercase(),
            p + 1
        )
    });
    format!(
        r#"{{"projectId":"1","scanType":"Full","additionalDetails":{{}},"xissues":[{issues}],"unFilteredIssues":[]}}"#
    )
}

pub fn checkmarx_osa(items: &[Item]) -> String {
    let libraries = joined(items, ",", |_, p| {
        format!(r#"{{"id":"L{p}","name":"lib","version":"{p}","highVulnerabilityCount":1}}"#)
    });
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"id":"{r}{p}","cveName":"CVE-2020-000{r}","severity":{{"id":1,"name":"{}"}},"libraryId":"L{p}"}}"#,
            word(r)
        )
    });
    // Of no libraries nobody can tell that these would be two lists.
    if items.is_empty() {
        return r#"[[],[{"id":"L","name":"lib","highVulnerabilityCount":0}]]"#.into();
    }
    format!("[[{libraries}],[{found}]]")
}

pub fn checkmarx_sca(items: &[Item]) -> String {
    let packages = joined(items, ",", |_, p| {
        format!(r#"{{"Id":"Npm-lib-{p}.0","Name":"lib","Version":"{p}.0","Locations":["package.json"]}}"#)
    });
    let found = joined(items, ",", |r, p| {
        format!(
            r#"{{"Id":"CVE-2020-000{r}","Severity":"{}","PackageId":"Npm-lib-{p}.0"}}"#,
            word(r)
        )
    });
    format!(r#"{{"RiskReportSummary":{{}},"Packages":[{packages}],"Vulnerabilities":[{found}]}}"#)
}

pub fn veracode_pipeline(items: &[Item]) -> String {
    let findings = joined(items, ",", |r, p| {
        format!(
            r#"{{"title":"t","issue_id":1000,"severity":{},"issue_type":"N{r}","cwe_id":"{r}1","display_text":"d",
            "files":{{"source_file":{{"file":"f.c","line":{},"qualified_function_name":"f"}}}}}}"#,
            r % 6,
            p + 1
        )
    });
    format!(r#"{{"scan_id":"s","scan_status":"SUCCESS","pipeline_scan":"1","findings":[{findings}]}}"#)
}

pub fn veracode_agent(items: &[Item]) -> String {
    let libraries = joined(items, ",", |_, p| {
        format!(r#"{{"name":"lib","coordinate1":"lib","versions":[{{"version":"{p}"}}]}}"#)
    });
    let mut n = 0;
    let found: Vec<String> = items
        .iter()
        .map(|(r, _)| {
            n += 1;
            format!(
                r#"{{"cve":"2020-000{r}","title":"T{r}","cvssScore":{}.5,"libraries":[{{"_links":{{"ref":"/records/0/libraries/{}/versions/0"}}}}]}}"#,
                r % 9,
                n - 1
            )
        })
        .collect();
    format!(
        r#"{{"metadata":{{}},"records":[{{"graphs":[],"libraries":[{libraries}],"vulnerabilities":[{}]}}]}}"#,
        found.join(",")
    )
}

pub fn checkmarx_rows(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("Q{r},g,f.c,1,1,a,f.c,{},1,b,To Verify,{},New", p + 1, word(r))
    });
    format!(
        "Query,QueryPath,SrcFileName,Line,Column,Name,DestFileName,DestLine,DestColumn,DestName,Result State,Result Severity,Result Status\n{rows}\n"
    )
}
