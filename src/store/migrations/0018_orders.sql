-- An index for each order that lists of findings have, with what their filters ask most (status, project) in it, and narrow
-- copies of what is searched for text. What has few values is walked value by value (`store/walk.rs`).

CREATE INDEX finding_by_title ON finding (agency_id, title_fold, id, status, project_id);
CREATE INDEX finding_by_due ON finding (agency_id, due_at, id, status, project_id);
--lite CREATE INDEX finding_by_cvss ON finding (agency_id, cvss_score, id, status, project_id);
--pg CREATE INDEX finding_by_cvss ON finding (agency_id, cvss_score DESC NULLS LAST, id DESC, status, project_id);
CREATE INDEX finding_by_first ON finding (agency_id, first_seen, id, status, project_id);
CREATE INDEX finding_by_last ON finding (agency_id, last_seen, id, status, project_id);
CREATE INDEX finding_by_tool ON finding (agency_id, tool, id, status, project_id);
CREATE INDEX finding_by_status ON finding (agency_id, status, id, project_id, severity, assignee_id, triaged_at, released_at, seen_in_latest);
CREATE INDEX finding_by_assignee ON finding (agency_id, assignee_id, id, status, project_id, severity);
CREATE INDEX finding_in_project ON finding (agency_id, project_id, id, status);
CREATE INDEX finding_by_severity_clock ON finding (agency_id, severity, clock_key, id, project_id, lane_base);
CREATE INDEX finding_by_assignee_clock ON finding (agency_id, assignee_id, clock_key, severity DESC, id, project_id, lane_base);
-- Searched from one end to the other. Not on PostgreSQL: texts may be longer than its indexes take.
--lite CREATE INDEX finding_by_label ON finding (agency_id, cve, cwe, tags, own_tags, key, id);
--lite CREATE INDEX occurrence_by_place ON occurrence (agency_id, place, host, finding_id);
