-- Tags that people put on a finding, beside those its scanner's reports set.
ALTER TABLE finding ADD COLUMN own_tags TEXT NOT NULL DEFAULT '[]';
