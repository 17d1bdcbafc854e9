-- An undo puts a row back to what an earlier act left, under a new version: the earlier act can be taken back next.
ALTER TABLE act_change ADD COLUMN version_before BIGINT NOT NULL DEFAULT 0;
CREATE INDEX act_change_by_object ON act_change (agency_id, object_id, version_after);
--pg GRANT UPDATE (version_before, version_after) ON act_change TO riskdesk_app;
