-- What housekeeping needs: finding what is old, taking ended sessions away, and knowing up to where a stream was cut off.

CREATE INDEX idempotency_by_age ON idempotency (agency_id, created_at);
ALTER TABLE agency ADD COLUMN events_purged BIGINT NOT NULL DEFAULT 0;
--pg GRANT DELETE ON session TO riskdesk_app;
