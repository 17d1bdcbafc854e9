-- API tokens are sessions that a person made for a script: with a name, a scope and a day on which they end.

ALTER TABLE session ADD COLUMN scope TEXT;
CREATE UNIQUE INDEX session_label_uq ON session (agency_id, user_id, label) WHERE scope IS NOT NULL AND revoked_at IS NULL;
