-- Where the record of the import before lies, so that what differs between two imports of a place can be shown.

ALTER TABLE occurrence ADD COLUMN before_chunk_id UUID;
ALTER TABLE occurrence ADD COLUMN before_chunk_offset BIGINT;
ALTER TABLE occurrence ADD COLUMN before_chunk_length BIGINT;
