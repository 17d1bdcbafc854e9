-- Which imports bring decisions along, whatever their format: few do, and of the others not a row stands here.
CREATE INDEX import_staged_kept ON import_staged (agency_id, batch_id) WHERE kept IS NOT NULL;
