-- What a plan needs of a file's staged records, without texts: a part of them in one row (`store/import/compact.rs`).
CREATE TABLE import_sighting (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  file_id UUID NOT NULL,
  row_n BIGINT NOT NULL,
  tools TEXT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (agency_id, batch_id, file_id, row_n),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
--@tenant import_sighting SELECT, INSERT, DELETE

-- What only plans asked for.
ALTER TABLE import_staged DROP COLUMN place_facts;
ALTER TABLE import_staged DROP COLUMN severity;
ALTER TABLE import_staged DROP COLUMN observed_at;
