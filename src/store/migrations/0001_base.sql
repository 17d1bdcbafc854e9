-- The first schema: identities, tenants, work, history. One text for both engines: types are PostgreSQL's and are
-- rewritten for SQLite by `store/migrate.rs`, which also expands the `--@` lines (row-level security, grants).
-- `agency_id` leads every key of a tenant table, and every reference between tenant tables is composite.

CREATE TABLE server_secret (
  name TEXT NOT NULL PRIMARY KEY,
  value BYTEA NOT NULL
);
--@door server_secret SELECT, INSERT

CREATE TABLE person (
  id UUID NOT NULL PRIMARY KEY,
  email FOLDED NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX person_email_uq ON person (email);
--@door person SELECT
--@admin person SELECT, INSERT, UPDATE

CREATE TABLE sign_in_guard (
  account BYTEA NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  not_before BIGINT NOT NULL,
  day_start BIGINT NOT NULL,
  day_count BIGINT NOT NULL
);
--@door sign_in_guard SELECT, INSERT, UPDATE, DELETE

CREATE TABLE agency (
  agency_id UUID NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('agency', 'direct')),
  time_zone TEXT NOT NULL DEFAULT 'UTC',
  secret BYTEA NOT NULL,
  plan_state TEXT NOT NULL CHECK (plan_state IN ('trial', 'active', 'past_due', 'ended')),
  client_limit BIGINT NOT NULL,
  clients_used BIGINT NOT NULL DEFAULT 0 CHECK (clients_used >= 0),
  project_limit BIGINT NOT NULL,
  projects_used BIGINT NOT NULL DEFAULT 0 CHECK (projects_used >= 0),
  seat_limit BIGINT NOT NULL,
  seats_used BIGINT NOT NULL DEFAULT 0 CHECK (seats_used >= 0),
  days_critical BIGINT NOT NULL DEFAULT 7,
  days_high BIGINT NOT NULL DEFAULT 30,
  days_medium BIGINT NOT NULL DEFAULT 90,
  days_low BIGINT NOT NULL DEFAULT 180,
  days_info BIGINT,
  days_verification BIGINT NOT NULL DEFAULT 3,
  next_project BIGINT NOT NULL DEFAULT 0,
  next_finding BIGINT NOT NULL DEFAULT 0,
  access_epoch BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1
);
--@tenant agency SELECT, UPDATE
--@door agency SELECT
--@admin agency SELECT, INSERT, UPDATE

CREATE TABLE agency_user (
  agency_id UUID NOT NULL REFERENCES agency (agency_id),
  id UUID NOT NULL,
  person_id UUID NOT NULL REFERENCES person (id),
  email FOLDED NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'analyst', 'viewer')),
  state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'suspended')),
  last_used_at BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id)
);
CREATE UNIQUE INDEX agency_user_person_uq ON agency_user (agency_id, person_id);
CREATE UNIQUE INDEX agency_user_email_uq ON agency_user (agency_id, email);
CREATE INDEX agency_user_by_person ON agency_user (person_id);
--@tenant agency_user SELECT, UPDATE
--@door agency_user SELECT, UPDATE
--@admin agency_user SELECT, INSERT, UPDATE

CREATE TABLE client (
  agency_id UUID NOT NULL REFERENCES agency (agency_id),
  id UUID NOT NULL,
  key FOLDED NOT NULL,
  name TEXT NOT NULL,
  name_fold FOLDED NOT NULL,
  contact_email TEXT,
  external_ref TEXT,
  notes TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('onboarding', 'active', 'paused', 'archived')),
  manager_id UUID NOT NULL,
  agency_access TEXT NOT NULL CHECK (agency_access IN ('all_users', 'admins_and_selected', 'admins_only')),
  portal_level TEXT NOT NULL DEFAULT 'disabled' CHECK (portal_level IN ('disabled', 'read_only', 'full')),
  days_critical BIGINT,
  days_high BIGINT,
  days_medium BIGINT,
  days_low BIGINT,
  days_info BIGINT,
  created_by UUID NOT NULL,
  created_at BIGINT NOT NULL,
  archived_at BIGINT,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, manager_id) REFERENCES agency_user (agency_id, id)
);
CREATE UNIQUE INDEX client_key_uq ON client (agency_id, key);
CREATE INDEX client_by_name ON client (agency_id, name_fold, id);
--@tenant client SELECT, INSERT, UPDATE, DELETE CLIENT id
--@door client SELECT
--@admin client SELECT, UPDATE (portal_level, version)

CREATE TABLE client_user (
  agency_id UUID NOT NULL,
  client_id UUID NOT NULL,
  user_id UUID NOT NULL,
  PRIMARY KEY (agency_id, client_id, user_id),
  FOREIGN KEY (agency_id, client_id) REFERENCES client (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, user_id) REFERENCES agency_user (agency_id, id)
);
CREATE INDEX client_user_by_user ON client_user (agency_id, user_id, client_id);
--@tenant client_user SELECT, INSERT, DELETE CLIENT client_id

CREATE TABLE portal_user (
  agency_id UUID NOT NULL,
  client_id UUID NOT NULL,
  id UUID NOT NULL,
  person_id UUID NOT NULL REFERENCES person (id),
  email FOLDED NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'collaborator', 'manager')),
  state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'suspended')),
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, client_id) REFERENCES client (agency_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX portal_user_person_uq ON portal_user (agency_id, client_id, person_id);
CREATE INDEX portal_user_by_person ON portal_user (person_id);
--@tenant portal_user SELECT, INSERT, UPDATE, DELETE CLIENT client_id
--@door portal_user SELECT
--@admin portal_user SELECT, INSERT, UPDATE

CREATE TABLE project (
  agency_id UUID NOT NULL REFERENCES agency (agency_id),
  id UUID NOT NULL,
  key FOLDED NOT NULL,
  name TEXT NOT NULL,
  name_fold FOLDED NOT NULL,
  client_id UUID,
  lead_id UUID,
  created_by UUID NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, client_id) REFERENCES client (agency_id, id),
  FOREIGN KEY (agency_id, lead_id) REFERENCES agency_user (agency_id, id)
);
CREATE UNIQUE INDEX project_key_uq ON project (agency_id, key);
CREATE INDEX project_by_client ON project (agency_id, client_id, name_fold, id);
CREATE INDEX project_by_name ON project (agency_id, name_fold, id);
--@tenant project SELECT, INSERT, UPDATE, DELETE CLIENT client_id

CREATE TABLE project_user (
  agency_id UUID NOT NULL,
  project_id UUID NOT NULL,
  user_id UUID NOT NULL,
  PRIMARY KEY (agency_id, project_id, user_id),
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, user_id) REFERENCES agency_user (agency_id, id)
);
CREATE INDEX project_user_by_user ON project_user (agency_id, user_id, project_id);
--@tenant project_user SELECT, INSERT, DELETE

CREATE TABLE portal_user_project (
  agency_id UUID NOT NULL,
  portal_user_id UUID NOT NULL,
  project_id UUID NOT NULL,
  PRIMARY KEY (agency_id, portal_user_id, project_id),
  FOREIGN KEY (agency_id, portal_user_id) REFERENCES portal_user (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id) ON DELETE CASCADE
);
--@tenant portal_user_project SELECT, INSERT, DELETE

-- Open findings and all others, per project, status and severity (0 info … 4 critical): what the screens always show.
CREATE TABLE rollup (
  agency_id UUID NOT NULL,
  project_id UUID NOT NULL,
  status TEXT NOT NULL,
  severity BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (agency_id, project_id, status, severity),
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id) ON DELETE CASCADE
);
--@tenant rollup SELECT, INSERT, UPDATE, DELETE

CREATE TABLE finding (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  key FOLDED NOT NULL,
  title TEXT NOT NULL,
  title_fold FOLDED NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  remediation TEXT NOT NULL DEFAULT '',
  refs TEXT NOT NULL DEFAULT '[]',
  tool FOLDED NOT NULL,
  severity BIGINT NOT NULL,
  scanner_severity BIGINT,
  own_severity BIGINT,
  cvss_version TEXT,
  cvss_vector TEXT,
  cvss_score DOUBLE PRECISION,
  cwe TEXT NOT NULL DEFAULT '[]',
  cve TEXT NOT NULL DEFAULT '[]',
  tags TEXT NOT NULL DEFAULT '[]',
  status TEXT NOT NULL,
  assignee_id UUID,
  due_at BIGINT,
  due_reason TEXT,
  first_seen BIGINT NOT NULL,
  last_seen BIGINT NOT NULL,
  seen_in_latest BOOLEAN NOT NULL DEFAULT TRUE,
  suppressed BOOLEAN NOT NULL DEFAULT FALSE,
  reopened BOOLEAN NOT NULL DEFAULT FALSE,
  client_wrote_last BOOLEAN NOT NULL DEFAULT FALSE,
  triaged_at BIGINT,
  triaged_by UUID,
  released_at BIGINT,
  released_by UUID,
  verify_due_at BIGINT,
  accepted_until BIGINT,
  duplicate_of UUID,
  occurrence_count BIGINT NOT NULL DEFAULT 0,
  occurrence_fixed BIGINT NOT NULL DEFAULT 0,
  fingerprint BYTEA,
  fingerprint_version BIGINT,
  fingerprint_fields TEXT,
  created_by UUID,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, project_id) REFERENCES project (agency_id, id),
  FOREIGN KEY (agency_id, assignee_id) REFERENCES agency_user (agency_id, id),
  FOREIGN KEY (agency_id, duplicate_of) REFERENCES finding (agency_id, id)
);
CREATE UNIQUE INDEX finding_key_uq ON finding (agency_id, key);
CREATE UNIQUE INDEX finding_fingerprint_uq ON finding (agency_id, project_id, tool, fingerprint);
CREATE INDEX finding_by_severity ON finding (agency_id, severity, id);
CREATE INDEX finding_by_project ON finding (agency_id, project_id, severity, id);
--@tenant finding SELECT, INSERT, UPDATE, DELETE

CREATE TABLE occurrence (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  finding_id UUID NOT NULL,
  place TEXT NOT NULL,
  place_key BYTEA NOT NULL,
  host FOLDED,
  fixed BOOLEAN NOT NULL DEFAULT FALSE,
  repeats BIGINT NOT NULL DEFAULT 1,
  first_seen BIGINT NOT NULL,
  last_seen BIGINT NOT NULL,
  seen_in_latest BOOLEAN NOT NULL DEFAULT TRUE,
  detail TEXT NOT NULL DEFAULT '',
  chunk_id UUID,
  chunk_offset BIGINT,
  chunk_length BIGINT,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX occurrence_place_uq ON occurrence (agency_id, finding_id, place_key);
--@tenant occurrence SELECT, INSERT, UPDATE, DELETE

-- Rounds of proof.
CREATE TABLE round (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  finding_id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('remediated', 'retest', 'direct')),
  asked_by UUID,
  asked_at BIGINT NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  audience TEXT NOT NULL DEFAULT 'internal' CHECK (audience IN ('internal', 'shared')),
  verdict TEXT,
  verdict_by UUID,
  verdict_at BIGINT,
  verdict_notes TEXT,
  reason TEXT,
  basis TEXT,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX round_by_finding ON round (agency_id, finding_id, asked_at);
--@tenant round SELECT, INSERT, UPDATE

CREATE TABLE round_occurrence (
  agency_id UUID NOT NULL,
  round_id UUID NOT NULL,
  occurrence_id UUID NOT NULL,
  fixed BOOLEAN NOT NULL,
  PRIMARY KEY (agency_id, round_id, occurrence_id),
  FOREIGN KEY (agency_id, round_id) REFERENCES round (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, occurrence_id) REFERENCES occurrence (agency_id, id) ON DELETE CASCADE
);
--@tenant round_occurrence SELECT, INSERT

-- What happened to a finding, in order.
CREATE TABLE finding_history (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  finding_id UUID NOT NULL,
  at BIGINT NOT NULL,
  user_id UUID,
  rule TEXT,
  act TEXT NOT NULL,
  from_status TEXT,
  to_status TEXT,
  notes TEXT NOT NULL DEFAULT '',
  round_id UUID,
  batch_id UUID,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX finding_history_by_finding ON finding_history (agency_id, finding_id, at, id);
--@tenant finding_history SELECT, INSERT

CREATE TABLE comment (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  finding_id UUID NOT NULL,
  author_id UUID,
  portal_author_id UUID,
  author_name TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('internal', 'shared')),
  text TEXT NOT NULL,
  reply_to UUID,
  created_at BIGINT NOT NULL,
  edited_at BIGINT,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, reply_to) REFERENCES comment (agency_id, id)
);
CREATE INDEX comment_by_finding ON comment (agency_id, finding_id, created_at, id);
--@tenant comment SELECT, INSERT, UPDATE

-- Who works on what right now: a lease.
CREATE TABLE claim (
  agency_id UUID NOT NULL,
  finding_id UUID NOT NULL,
  user_id UUID NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (agency_id, finding_id),
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, user_id) REFERENCES agency_user (agency_id, id)
);
--@tenant claim SELECT, INSERT, UPDATE, DELETE

CREATE TABLE session (
  agency_id UUID NOT NULL,
  id UUID NOT NULL,
  user_id UUID,
  portal_user_id UUID,
  label TEXT NOT NULL,
  generation BIGINT NOT NULL,
  confirmed BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (agency_id, id),
  FOREIGN KEY (agency_id, user_id) REFERENCES agency_user (agency_id, id),
  FOREIGN KEY (agency_id, portal_user_id) REFERENCES portal_user (agency_id, id) ON DELETE CASCADE,
  CHECK ((user_id IS NULL) <> (portal_user_id IS NULL))
);
CREATE INDEX session_by_user ON session (agency_id, user_id);
--@tenant session SELECT, UPDATE
--@door session SELECT, INSERT, UPDATE
--@admin session SELECT, INSERT, UPDATE

CREATE TABLE session_token (
  hash BYTEA NOT NULL PRIMARY KEY,
  agency_id UUID NOT NULL,
  session_id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
  generation BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  replaced BOOLEAN NOT NULL DEFAULT FALSE,
  FOREIGN KEY (agency_id, session_id) REFERENCES session (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX session_token_by_session ON session_token (agency_id, session_id, generation);
--@tenant session_token DELETE
--@door session_token SELECT, INSERT, UPDATE, DELETE
--@admin session_token SELECT, INSERT, UPDATE

-- Who did what, allowed or refused. Rows are written, never changed; `position` and `hash` are filled once by the sealer.
CREATE TABLE audit_event (
  agency_id UUID NOT NULL REFERENCES agency (agency_id),
  id UUID NOT NULL,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id UUID,
  act TEXT NOT NULL,
  object_kind TEXT,
  object_id UUID,
  project_id UUID,
  client_id UUID,
  outcome TEXT NOT NULL CHECK (outcome IN ('allowed', 'refused')),
  code TEXT,
  address TEXT,
  trace_id TEXT,
  detail TEXT NOT NULL DEFAULT '{}',
  position BIGINT,
  hash BYTEA,
  PRIMARY KEY (agency_id, id)
);
CREATE UNIQUE INDEX audit_event_position_uq ON audit_event (agency_id, position);
CREATE INDEX audit_event_by_client ON audit_event (agency_id, client_id, id);
CREATE INDEX audit_event_unsealed ON audit_event (agency_id, id) WHERE position IS NULL;
--@tenant audit_event SELECT, INSERT, UPDATE (position, hash)
--@door audit_event SELECT (agency_id, position), INSERT
--@admin audit_event INSERT

-- Undoable acts: what each row was before, and which version the act left.
CREATE TABLE act (
  agency_id UUID NOT NULL REFERENCES agency (agency_id),
  id UUID NOT NULL,
  at BIGINT NOT NULL,
  user_id UUID,
  kind TEXT NOT NULL,
  undone_by UUID,
  PRIMARY KEY (agency_id, id)
);
--@tenant act SELECT, INSERT, UPDATE

CREATE TABLE act_change (
  agency_id UUID NOT NULL,
  act_id UUID NOT NULL,
  object_kind TEXT NOT NULL,
  object_id UUID NOT NULL,
  before TEXT NOT NULL,
  version_after BIGINT NOT NULL,
  PRIMARY KEY (agency_id, act_id, object_kind, object_id),
  FOREIGN KEY (agency_id, act_id) REFERENCES act (agency_id, id) ON DELETE CASCADE
);
--@tenant act_change SELECT, INSERT

CREATE TABLE idempotency (
  agency_id UUID NOT NULL,
  user_id UUID NOT NULL,
  key TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  body TEXT NOT NULL,
  project_id UUID,
  client_id UUID,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (agency_id, user_id, key)
);
--@tenant idempotency SELECT, INSERT, UPDATE, DELETE

-- What changed, for streams. On PostgreSQL a sequence number is not commit order: readers stay below the oldest running
-- transaction (`xid`).
CREATE TABLE event (
  seq IDENTITY,
  --pg xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  agency_id UUID NOT NULL,
  at BIGINT NOT NULL,
  topic TEXT NOT NULL,
  act TEXT NOT NULL,
  object_id UUID,
  project_id UUID,
  client_id UUID
);
CREATE INDEX event_by_agency ON event (agency_id, seq);
--@tenant event SELECT, INSERT, DELETE
--@door event SELECT

-- Work that outlives a request; enqueued in the act's own transaction, claimed by lease.
CREATE TABLE job (
  agency_id UUID NOT NULL REFERENCES agency (agency_id),
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  lease_until BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0,
  last_error TEXT,
  PRIMARY KEY (agency_id, id)
);
CREATE INDEX job_due ON job (run_at, lease_until);
--@tenant job SELECT, INSERT, UPDATE, DELETE
--@door job SELECT, UPDATE
