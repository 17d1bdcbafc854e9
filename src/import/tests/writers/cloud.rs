//! Reports about cloud accounts.

use super::{Item, joined, word};

pub fn asff(items: &[Item]) -> String {
    format!(r#"{{"Findings":[{}]}}"#, asff_findings(items))
}

pub fn asff_event(items: &[Item]) -> String {
    // An event tells of findings; without any there is none.
    if items.is_empty() {
        return asff(items);
    }
    format!(
        r#"{{"version":"0","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","detail":{{"findings":[{}]}}}}"#,
        asff_findings(items)
    )
}

fn asff_findings(items: &[Item]) -> String {
    joined(items, ",", |r, p| {
        format!(
            r#"{{"Id":"i","ProductArn":"arn:aws:securityhub:eu-1::product/aws/securityhub","ProductName":"Security Hub","AwsAccountId":"1","GeneratorId":"control/C.{r}","Title":"C{r}","Severity":{{"Label":"{}"}},"Compliance":{{"Status":"FAILED"}},"Resources":[{{"Id":"arn:aws:s3:::b{p}"}}]}}"#,
            word(r).to_uppercase()
        )
    })
}

pub fn prowler_ocsf(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"metadata":{{"event_code":"c{r}"}},"severity":"{}","status":"New","status_code":"FAIL","finding_info":{{"title":"T{r}"}},"resources":[{{"uid":"arn:aws:s3:::b{p}"}}]}}"#,
            word(r)
        )
    });
    format!("[{results}]")
}

pub fn prowler_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("1;aws;c{r};T{r};FAIL;m;False;{};arn:aws:s3:::b{p}", word(r))
    });
    format!("ACCOUNT_UID;PROVIDER;CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;MUTED;SEVERITY;RESOURCE_UID\n{rows}\n")
}

pub fn prowler_two(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("1,eu-1,{r},FAIL,[check{r}] T{r},m{p},{}", word(r))
    });
    format!("ACCOUNT_NUM,REGION,TITLE_ID,CHECK_RESULT,TITLE_TEXT,CHECK_RESULT_EXTENDED,CHECK_SEVERITY\n{rows}\n")
}

pub fn prowler_three(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"Provider":"aws","CheckID":"c{r}","CheckTitle":"T{r}","Status":"FAIL","StatusExtended":"m","Severity":"{}","ResourceArn":"arn:aws:s3:::b{p}","Region":"eu-1","AccountId":"1"}}"#,
            word(r)
        )
    });
    format!("[{results}]")
}
