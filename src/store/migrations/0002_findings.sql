-- What reading and working through findings needs on top of the first schema.

-- Up to when a user has read what was written on a finding.
CREATE TABLE finding_read (
  agency_id UUID NOT NULL,
  finding_id UUID NOT NULL,
  user_id UUID NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (agency_id, finding_id, user_id),
  FOREIGN KEY (agency_id, finding_id) REFERENCES finding (agency_id, id) ON DELETE CASCADE,
  FOREIGN KEY (agency_id, user_id) REFERENCES agency_user (agency_id, id)
);
--@tenant finding_read SELECT, INSERT, UPDATE, DELETE

CREATE INDEX finding_by_original ON finding (agency_id, duplicate_of);
CREATE INDEX finding_by_acceptance ON finding (agency_id, accepted_until);
CREATE INDEX occurrence_by_host ON occurrence (agency_id, host);
