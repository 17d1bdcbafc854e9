-- Corrections by hand: findings merged into others, and places split off as findings of their own. Both are remembered, so
-- that the next import follows them.

-- With which merged finding a row came to where it is: that one's key, or nothing.
ALTER TABLE occurrence ADD COLUMN via FOLDED NOT NULL DEFAULT '';
ALTER TABLE comment ADD COLUMN via FOLDED NOT NULL DEFAULT '';
ALTER TABLE round ADD COLUMN via FOLDED NOT NULL DEFAULT '';
ALTER TABLE finding_history ADD COLUMN via FOLDED NOT NULL DEFAULT '';
--pg GRANT UPDATE (finding_id, via) ON finding_history TO riskdesk_app;
--pg GRANT UPDATE (finding_id) ON mention TO riskdesk_app;

-- Two findings may have stood at the same place.
DROP INDEX occurrence_place_uq;
CREATE UNIQUE INDEX occurrence_place_uq ON occurrence (agency_id, finding_id, place_key, via);

-- What a plan says of a finding may be said of what was merged into it.
ALTER TABLE import_line ADD COLUMN via FOLDED NOT NULL DEFAULT '';
ALTER TABLE import_place ADD COLUMN via FOLDED NOT NULL DEFAULT '';

-- Findings that were merged into others ('merged'), as they were, and those whose split was taken back ('unsplit'). Their
-- keys lead to what became of them.
CREATE TABLE finding_merged (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('merged', 'unsplit')),
  -- What they are part of now, and what they were merged into first, where that was merged again.
  survivor_id UUID NOT NULL,
  parent_id UUID NOT NULL,
  merged_by UUID,
  merged_at BIGINT NOT NULL,
  -- The import head of the project at that time, and what the survivor's sightings were before.
  head BIGINT NOT NULL,
  was_first BIGINT NOT NULL,
  was_last BIGINT NOT NULL,
  was_seen BOOLEAN NOT NULL,
  was_wrote BOOLEAN NOT NULL,
  -- The finding's own columns.
  project_id UUID NOT NULL,
  key FOLDED NOT NULL,
  title TEXT NOT NULL,
  title_fold FOLDED NOT NULL,
  description TEXT NOT NULL,
  remediation TEXT NOT NULL,
  refs TEXT NOT NULL,
  tool FOLDED NOT NULL,
  severity BIGINT NOT NULL,
  scanner_severity BIGINT,
  own_severity BIGINT,
  cvss_version TEXT,
  cvss_vector TEXT,
  cvss_score DOUBLE PRECISION,
  cwe TEXT NOT NULL,
  cve TEXT NOT NULL,
  tags TEXT NOT NULL,
  own_tags TEXT NOT NULL,
  status TEXT NOT NULL,
  assignee_id UUID,
  due_at BIGINT,
  due_reason TEXT,
  first_seen BIGINT NOT NULL,
  last_seen BIGINT NOT NULL,
  seen_in_latest BOOLEAN NOT NULL,
  suppressed BOOLEAN NOT NULL,
  reopened BOOLEAN NOT NULL,
  client_wrote_last BOOLEAN NOT NULL,
  triaged_at BIGINT,
  triaged_by UUID,
  released_at BIGINT,
  released_by UUID,
  verify_due_at BIGINT,
  accepted_until BIGINT,
  duplicate_of UUID,
  occurrence_count BIGINT NOT NULL,
  occurrence_fixed BIGINT NOT NULL,
  fingerprint BYTEA,
  fingerprint_version BIGINT,
  fingerprint_fields TEXT,
  facts BYTEA,
  created_by UUID,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, survivor_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX finding_merged_key_uq ON finding_merged (agency_id, key);
CREATE INDEX finding_merged_by_survivor ON finding_merged (agency_id, survivor_id);
CREATE INDEX finding_merged_by_parent ON finding_merged (agency_id, parent_id);
--@tenant finding_merged SELECT, INSERT, UPDATE, DELETE
--@portal finding_merged SELECT WHEN released_at IS NOT NULL AND EXISTS (SELECT 1 FROM finding f JOIN project p ON p.agency_id = f.agency_id AND p.id = f.project_id WHERE f.agency_id = finding_merged.agency_id AND f.id = finding_merged.survivor_id AND p.client_id = CLIENT)

-- Which places of a scanner's finding are another finding's by hand, the latest split last. `to_fingerprint` is what that
-- one is known by.
CREATE TABLE finding_split (
  agency_id UUID NOT NULL,
  finding_id UUID NOT NULL,
  fingerprint BYTEA NOT NULL,
  place_key BYTEA NOT NULL,
  to_fingerprint BYTEA NOT NULL,
  from_key FOLDED NOT NULL,
  split_by UUID,
  split_at BIGINT NOT NULL,
  PRIMARY KEY (agency_id, finding_id, fingerprint, place_key)
);
CREATE INDEX finding_split_by_target ON finding_split (agency_id, to_fingerprint);
--@tenant finding_split SELECT, INSERT, UPDATE, DELETE

-- What a plan's records say of merged findings: their scanner's facts are kept beside them.
CREATE TABLE import_said (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  plan_id UUID NOT NULL,
  key FOLDED NOT NULL,
  facts BYTEA NOT NULL,
  PRIMARY KEY (agency_id, plan_id, key),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_said SELECT, INSERT, DELETE
