-- Imports: batches of reports, what was staged from them, plans, and which import each tool's latest was.

-- Digest of what the scanner said last: tells an import whether anything about a finding changed.
ALTER TABLE finding ADD COLUMN facts BYTEA;

CREATE TABLE import_batch (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'planning', 'planned', 'applying', 'applied', 'failed')),
  covers TEXT NOT NULL,
  scope TEXT NOT NULL DEFAULT '[]',
  plan_id UUID,
  base BIGINT,
  tools TEXT NOT NULL DEFAULT '[]',
  totals TEXT,
  progress_done BIGINT,
  progress_total BIGINT,
  problem TEXT,
  created_by UUID NOT NULL,
  created_at BIGINT NOT NULL,
  applied_at BIGINT,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id),
  FOREIGN KEY (agency_id, created_by) REFERENCES agency_user (agency_id, id)
);
CREATE INDEX import_batch_by_project ON import_batch (agency_id, project_id, id);
--@tenant import_batch SELECT, INSERT, UPDATE, DELETE

-- A file that was read to its end. What was staged without one is left over from a broken upload.
CREATE TABLE import_file (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  id UUID NOT NULL,
  n BIGINT NOT NULL,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  tools TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  records BIGINT NOT NULL,
  findings BIGINT NOT NULL,
  occurrences BIGINT NOT NULL,
  left_out TEXT NOT NULL,
  covers TEXT NOT NULL,
  observed_at BIGINT,
  PRIMARY KEY (agency_id, batch_id, id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX import_file_n_uq ON import_file (agency_id, batch_id, n);
--@tenant import_file SELECT, INSERT, DELETE

-- About a megabyte of a report's text, compressed; kept as the raw record of occurrences.
CREATE TABLE import_chunk (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  batch_id UUID NOT NULL,
  file_id UUID NOT NULL,
  length BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX import_chunk_by_file ON import_chunk (agency_id, batch_id, file_id);
--@tenant import_chunk SELECT, INSERT, DELETE

-- What the records of a file say of findings: each saying once.
CREATE TABLE import_facts (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  file_id UUID NOT NULL,
  fingerprint BYTEA NOT NULL,
  facts BYTEA NOT NULL,
  fingerprint_version BIGINT NOT NULL,
  fingerprint_fields TEXT NOT NULL,
  title TEXT NOT NULL,
  title_fold FOLDED NOT NULL,
  description TEXT NOT NULL,
  remediation TEXT NOT NULL,
  refs TEXT NOT NULL,
  severity BIGINT NOT NULL,
  cvss_version TEXT,
  cvss_vector TEXT,
  cvss_score DOUBLE PRECISION,
  cwe TEXT NOT NULL,
  cve TEXT NOT NULL,
  tags TEXT NOT NULL,
  suppressed BOOLEAN NOT NULL,
  PRIMARY KEY (agency_id, batch_id, file_id, fingerprint, facts),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_facts SELECT, INSERT, DELETE

-- A record of a file: a finding at a place.
CREATE TABLE import_staged (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  file_id UUID NOT NULL,
  row_n BIGINT NOT NULL,
  tool FOLDED NOT NULL,
  fingerprint BYTEA NOT NULL,
  facts BYTEA NOT NULL,
  place_key BYTEA NOT NULL,
  place_facts BYTEA NOT NULL,
  severity BIGINT NOT NULL,
  observed_at BIGINT,
  place TEXT NOT NULL,
  host FOLDED,
  detail TEXT NOT NULL,
  chunk_id UUID NOT NULL,
  chunk_offset BIGINT NOT NULL,
  chunk_length BIGINT NOT NULL,
  PRIMARY KEY (agency_id, batch_id, file_id, row_n),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_staged SELECT, INSERT, DELETE

-- What a plan does to each finding. Lines of applied plans stay: they are the sightings of a finding.
CREATE TABLE import_line (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  plan_id UUID NOT NULL,
  n BIGINT NOT NULL,
  rank BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  severity BIGINT NOT NULL,
  finding_id UUID NOT NULL,
  key FOLDED,
  file_id UUID,
  row_n BIGINT,
  unchanged BOOLEAN NOT NULL,
  is_current BOOLEAN NOT NULL,
  places BIGINT NOT NULL,
  first_at BIGINT,
  last_at BIGINT,
  PRIMARY KEY (agency_id, plan_id, n),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX import_line_by_finding ON import_line (agency_id, finding_id, plan_id);
--@tenant import_line SELECT, INSERT, DELETE

-- What a plan does to each place: there (with its record), or gone (without).
CREATE TABLE import_place (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  plan_id UUID NOT NULL,
  occurrence_id UUID NOT NULL,
  finding_id UUID NOT NULL,
  file_id UUID,
  row_n BIGINT,
  is_new BOOLEAN NOT NULL,
  is_current BOOLEAN NOT NULL,
  repeats BIGINT NOT NULL,
  first_at BIGINT,
  last_at BIGINT,
  PRIMARY KEY (agency_id, plan_id, occurrence_id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_place SELECT, INSERT, DELETE

-- How many imports a project has had: a plan is good for the number it was made at.
CREATE TABLE import_head (
  agency_id UUID NOT NULL,
  project_id UUID NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (agency_id, project_id),
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id)
);
--@tenant import_head SELECT, INSERT, UPDATE

-- The latest import of each tool into a project, by the reports' own clocks.
CREATE TABLE import_tool (
  agency_id UUID NOT NULL,
  project_id UUID NOT NULL,
  tool FOLDED NOT NULL,
  batch_id UUID NOT NULL,
  evidence BYTEA NOT NULL,
  observed_at BIGINT,
  PRIMARY KEY (agency_id, project_id, tool),
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id)
);
--@tenant import_tool SELECT, INSERT, UPDATE
