-- The way back. An act and what took it back or did it again form a chain: `root_id` names the act itself in each link
-- (null in the act itself), `undone_by` the next link, and the act knows the last one (`head_id`).
ALTER TABLE act ADD COLUMN root_id UUID;
ALTER TABLE act ADD COLUMN head_id UUID;
ALTER TABLE act ADD COLUMN undone_at BIGINT;
ALTER TABLE act ADD COLUMN words TEXT NOT NULL DEFAULT '';
-- Why it cannot be taken back, where acts like it cannot.
ALTER TABLE act ADD COLUMN stays TEXT;
ALTER TABLE act_change ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
CREATE INDEX act_by_user ON act (agency_id, user_id, at, id);

-- The workspaces an act touched: who may not open all of them knows nothing of it any more.
CREATE TABLE act_place (
  agency_id UUID NOT NULL,
  act_id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('project', 'client')),
  object_id UUID NOT NULL,
  PRIMARY KEY (agency_id, act_id, kind, object_id),
  FOREIGN KEY (agency_id, act_id) REFERENCES act (agency_id, id) ON DELETE CASCADE
);
--@tenant act_place SELECT, INSERT

-- A comment that nobody answered can be taken back.
--pg GRANT DELETE ON comment TO riskdesk_app;
