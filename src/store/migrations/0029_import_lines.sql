-- Findings of an applied import follow its decision in parts, as its places do; and of several plans that are made of a
-- batch at once the last one counts.

-- The last line of the plan that is written; null: all of them are, and places are written.
ALTER TABLE import_rest ADD COLUMN after_line BIGINT;
ALTER TABLE import_rest ADD COLUMN applied_by UUID;

-- Whether the transaction that decided wrote it, or one of the parts that followed.
ALTER TABLE import_before ADD COLUMN decided BOOLEAN NOT NULL DEFAULT TRUE;

-- What an import opens again: few of many, asked for by every statement that decides.
CREATE INDEX import_line_reopened ON import_line (agency_id, plan_id, finding_id) WHERE outcome = 'reopened';

-- The plan that is being made. A file that comes in takes it away.
ALTER TABLE import_batch ADD COLUMN planning UUID;
