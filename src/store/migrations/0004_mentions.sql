-- Who was called by name in a comment: until they have read it, the finding waits for their reply.
CREATE TABLE mention (
  agency_id UUID NOT NULL,
  comment_id UUID NOT NULL,
  user_id UUID NOT NULL,
  finding_id UUID NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (agency_id, comment_id, user_id),
  FOREIGN KEY (agency_id, comment_id) REFERENCES comment (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, user_id) REFERENCES agency_user (agency_id, id)
);
CREATE INDEX mention_by_user ON mention (agency_id, user_id, finding_id);
--@tenant mention SELECT, INSERT
