-- The way back of an import: what it took back is kept with it, and what each row it changed was before.

ALTER TABLE import_batch ADD COLUMN undone_at BIGINT;
-- The latest import of each tool before this one, JSON.
ALTER TABLE import_batch ADD COLUMN tools_before TEXT NOT NULL DEFAULT '[]';
-- The version in which a finding that the import made stands as it was made, where that is not the first.
ALTER TABLE import_line ADD COLUMN version_after BIGINT;
--pg GRANT UPDATE (version_after) ON import_line TO riskdesk_app;
--pg GRANT DELETE ON import_tool TO riskdesk_app;

-- A finding as it was. `full`: the scanner's facts too; without, only what stands outside them.
CREATE TABLE import_before (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  finding_id UUID NOT NULL,
  outcome TEXT NOT NULL,
  version_before BIGINT NOT NULL,
  version_after BIGINT NOT NULL,
  full_row BOOLEAN NOT NULL,
  title TEXT,
  title_fold FOLDED,
  description TEXT,
  remediation TEXT,
  refs TEXT,
  severity BIGINT,
  scanner_severity BIGINT,
  cvss_version TEXT,
  cvss_vector TEXT,
  cvss_score DOUBLE PRECISION,
  cwe TEXT,
  cve TEXT,
  tags TEXT,
  suppressed BOOLEAN,
  facts BYTEA,
  status TEXT NOT NULL,
  reopened BOOLEAN NOT NULL,
  due_at BIGINT,
  due_reason TEXT,
  verify_due_at BIGINT,
  accepted_until BIGINT,
  duplicate_of UUID,
  first_seen BIGINT NOT NULL,
  last_seen BIGINT NOT NULL,
  seen_in_latest BOOLEAN NOT NULL,
  occurrence_count BIGINT NOT NULL,
  occurrence_fixed BIGINT NOT NULL,
  PRIMARY KEY (agency_id, batch_id, finding_id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX import_before_by_finding ON import_before (agency_id, finding_id, version_after);
--@tenant import_before SELECT, INSERT, UPDATE, DELETE

-- A place as it was, or one that was not there. `place` and `detail` only where the import says something else.
CREATE TABLE import_before_place (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  occurrence_id UUID NOT NULL,
  is_new BOOLEAN NOT NULL,
  place TEXT,
  detail TEXT,
  fixed BOOLEAN,
  repeats BIGINT,
  first_seen BIGINT,
  last_seen BIGINT,
  seen_in_latest BOOLEAN,
  chunk_id UUID,
  chunk_offset BIGINT,
  chunk_length BIGINT,
  before_chunk_id UUID,
  before_chunk_offset BIGINT,
  before_chunk_length BIGINT,
  PRIMARY KEY (agency_id, batch_id, occurrence_id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_before_place SELECT, INSERT, DELETE

-- What was known of a merged finding's own scanner facts.
CREATE TABLE import_before_said (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  key FOLDED NOT NULL,
  facts BYTEA,
  PRIMARY KEY (agency_id, batch_id, key),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_before_said SELECT, INSERT, DELETE

-- Findings that go by the thousand take with them what stands on each: found, not searched for.
CREATE INDEX mention_by_finding ON mention (agency_id, finding_id);
CREATE INDEX round_occurrence_by_occurrence ON round_occurrence (agency_id, occurrence_id);
