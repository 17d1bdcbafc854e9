-- What texts can be searched for, by three characters in a row: a document for each finding (title, key, CVE, CWE, tags) and
-- for each of its places. It tells which rows can hold a text, never which do; whose they are is asked of the rows themselves.
-- The two lines that end a document make each of its characters the first of three. For SQLite alone: on PostgreSQL such an
-- index is closed to a role that is under row-level security, since LIKE is not leakproof.

--lite ALTER TABLE finding ADD COLUMN words TEXT GENERATED ALWAYS AS (title_fold || char(10) || key || char(10) || cve || char(10) || replace(replace(cwe, '[', ','), ']', ',') || char(10) || tags || own_tags || char(10) || char(10)) VIRTUAL;
--lite ALTER TABLE occurrence ADD COLUMN words TEXT GENERATED ALWAYS AS (place || char(10) || COALESCE(host, '') || char(10) || char(10)) VIRTUAL;

--lite CREATE TABLE finding_doc (n INTEGER PRIMARY KEY, agency_id BLOB NOT NULL, finding_id BLOB NOT NULL, occurrence_id BLOB) STRICT;
--lite CREATE INDEX finding_doc_of ON finding_doc (agency_id, finding_id, occurrence_id);
--lite CREATE VIRTUAL TABLE finding_text USING fts5 (text, tokenize = 'trigram', content = '', columnsize = 0, detail = none);
--lite CREATE VIRTUAL TABLE finding_gram USING fts5vocab (finding_text, row);

--lite INSERT INTO finding_doc (agency_id, finding_id) SELECT agency_id, id FROM finding ORDER BY agency_id, id;
--lite INSERT INTO finding_doc (agency_id, finding_id, occurrence_id) SELECT agency_id, finding_id, id FROM occurrence ORDER BY agency_id, finding_id, id;
--lite INSERT INTO finding_text (rowid, text) SELECT d.n, f.words FROM finding_doc d JOIN finding f ON f.agency_id = d.agency_id AND f.id = d.finding_id WHERE d.occurrence_id IS NULL;
--lite INSERT INTO finding_text (rowid, text) SELECT d.n, o.words FROM finding_doc d JOIN occurrence o ON o.agency_id = d.agency_id AND o.id = d.occurrence_id;

--lite CREATE TRIGGER finding_written AFTER INSERT ON finding BEGIN
--lite   INSERT INTO finding_doc (agency_id, finding_id) VALUES (new.agency_id, new.id);
--lite   INSERT INTO finding_text (rowid, text) VALUES (last_insert_rowid(), new.words);
--lite END;
--lite CREATE TRIGGER finding_reworded AFTER UPDATE OF title_fold, key, cve, cwe, tags, own_tags ON finding WHEN new.words <> old.words BEGIN
--lite   INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', d.n, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.id AND d.occurrence_id IS NULL;
--lite   INSERT INTO finding_text (rowid, text) SELECT d.n, new.words FROM finding_doc d WHERE d.agency_id = new.agency_id AND d.finding_id = new.id AND d.occurrence_id IS NULL;
--lite END;
--lite CREATE TRIGGER finding_gone AFTER DELETE ON finding BEGIN
--lite   INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', d.n, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.id AND d.occurrence_id IS NULL;
--lite   DELETE FROM finding_doc WHERE agency_id = old.agency_id AND finding_id = old.id AND occurrence_id IS NULL;
--lite END;

--lite CREATE TRIGGER occurrence_written AFTER INSERT ON occurrence BEGIN
--lite   INSERT INTO finding_doc (agency_id, finding_id, occurrence_id) VALUES (new.agency_id, new.finding_id, new.id);
--lite   INSERT INTO finding_text (rowid, text) VALUES (last_insert_rowid(), new.words);
--lite END;
--lite CREATE TRIGGER occurrence_reworded AFTER UPDATE OF place, host, finding_id ON occurrence WHEN new.words <> old.words OR new.finding_id <> old.finding_id BEGIN
--lite   INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', d.n, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.finding_id AND d.occurrence_id = old.id;
--lite   UPDATE finding_doc SET finding_id = new.finding_id WHERE agency_id = old.agency_id AND finding_id = old.finding_id AND occurrence_id = old.id;
--lite   INSERT INTO finding_text (rowid, text) SELECT d.n, new.words FROM finding_doc d WHERE d.agency_id = new.agency_id AND d.finding_id = new.finding_id AND d.occurrence_id = new.id;
--lite END;
--lite CREATE TRIGGER occurrence_gone AFTER DELETE ON occurrence BEGIN
--lite   INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', d.n, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.finding_id AND d.occurrence_id = old.id;
--lite   DELETE FROM finding_doc WHERE agency_id = old.agency_id AND finding_id = old.finding_id AND occurrence_id = old.id;
--lite END;

-- What SQLite's walks ask of each row on the way, in the index itself.
--lite DROP INDEX finding_by_severity;
--lite CREATE INDEX finding_by_severity ON finding (agency_id, severity, id, status, project_id, assignee_id);
--lite DROP INDEX finding_by_project;
--lite CREATE INDEX finding_by_project ON finding (agency_id, project_id, severity, id, status, assignee_id);
--lite DROP INDEX finding_by_due;
--lite CREATE INDEX finding_by_due ON finding (agency_id, due_at, id, status, project_id, lane_base, clock_key);

-- Searched from one end to the other until now, or held by another.
--lite DROP INDEX finding_in_project;
--lite DROP INDEX finding_by_label;
--lite DROP INDEX occurrence_by_place;
