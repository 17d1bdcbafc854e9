-- Counts of a list's groups by tool and by assignee: read from the index alone.
CREATE INDEX finding_by_group ON finding (agency_id, tool, assignee_id, status, severity, project_id);
