-- Applied imports whose places are not all written yet, and how far they are: see store/import/places.rs. A project has at
-- most one: what reads or moves its places waits until the row is gone.
CREATE TABLE import_rest (
  agency_id UUID NOT NULL,
  batch_id UUID NOT NULL,
  project_id UUID NOT NULL,
  after_id UUID NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (agency_id, batch_id),
  FOREIGN KEY (agency_id, batch_id) REFERENCES import_batch (agency_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX import_rest_project_uq ON import_rest (agency_id, project_id);
--@tenant import_rest SELECT, INSERT, UPDATE, DELETE
