-- The search documents of rows that went are taken out of the index afterwards, a little at a time: finding them there
-- took four times as long as deleting the rows, for findings that go by the thousand while everybody waits. Until then a
-- document leads to a row that is not there. A row may come back under its id meanwhile: its new document is another.

--lite CREATE TABLE finding_doc_gone (n INTEGER PRIMARY KEY, agency_id BLOB NOT NULL, text TEXT NOT NULL) STRICT;
--lite CREATE INDEX finding_doc_gone_of ON finding_doc_gone (agency_id);

--lite DROP TRIGGER finding_gone;
--lite CREATE TRIGGER finding_gone AFTER DELETE ON finding BEGIN
--lite   INSERT OR IGNORE INTO finding_doc_gone (n, agency_id, text) SELECT d.n, d.agency_id, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.id AND d.occurrence_id IS NULL;
--lite END;
--lite DROP TRIGGER occurrence_gone;
--lite CREATE TRIGGER occurrence_gone AFTER DELETE ON occurrence BEGIN
--lite   INSERT OR IGNORE INTO finding_doc_gone (n, agency_id, text) SELECT d.n, d.agency_id, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.finding_id AND d.occurrence_id = old.id;
--lite END;

--lite DROP TRIGGER finding_reworded;
--lite CREATE TRIGGER finding_reworded AFTER UPDATE OF title_fold, key, cve, cwe, tags, own_tags ON finding WHEN new.words <> old.words BEGIN
--lite   INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', d.n, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.id AND d.occurrence_id IS NULL AND NOT EXISTS (SELECT 1 FROM finding_doc_gone g WHERE g.n = d.n);
--lite   INSERT INTO finding_text (rowid, text) SELECT d.n, new.words FROM finding_doc d WHERE d.agency_id = new.agency_id AND d.finding_id = new.id AND d.occurrence_id IS NULL AND NOT EXISTS (SELECT 1 FROM finding_doc_gone g WHERE g.n = d.n);
--lite END;
--lite DROP TRIGGER occurrence_reworded;
--lite CREATE TRIGGER occurrence_reworded AFTER UPDATE OF place, host, finding_id ON occurrence WHEN new.words <> old.words OR new.finding_id <> old.finding_id BEGIN
--lite   INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', d.n, old.words FROM finding_doc d WHERE d.agency_id = old.agency_id AND d.finding_id = old.finding_id AND d.occurrence_id = old.id AND NOT EXISTS (SELECT 1 FROM finding_doc_gone g WHERE g.n = d.n);
--lite   UPDATE finding_doc SET finding_id = new.finding_id WHERE agency_id = old.agency_id AND finding_id = old.finding_id AND occurrence_id = old.id;
--lite   INSERT INTO finding_text (rowid, text) SELECT d.n, new.words FROM finding_doc d WHERE d.agency_id = new.agency_id AND d.finding_id = new.finding_id AND d.occurrence_id = new.id AND NOT EXISTS (SELECT 1 FROM finding_doc_gone g WHERE g.n = d.n);
--lite END;
