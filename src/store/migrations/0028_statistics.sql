-- What an import writes by the hundred thousand, on PostgreSQL.

-- What PostgreSQL's planner must know of findings before places refer to them by the thousand: it checks each reference
-- with one plan it keeps, and where it knows nothing yet any index is as good to it as the key's, so that it read all
-- findings for every place. Only a table's owner may count it. What the columns named here are worth is all that is
-- written; the rest, and when it is due, stays with autovacuum.

--pg CREATE FUNCTION findings_counted() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS 'BEGIN ANALYZE (SKIP_LOCKED) finding (agency_id, id); END';
--pg REVOKE ALL ON FUNCTION findings_counted() FROM PUBLIC;
--pg GRANT EXECUTE ON FUNCTION findings_counted() TO riskdesk_app;

-- Each of these rows was looked up in import_batch as it came, which was a sixth of the work: the transactions that write
-- them hold their batch by another row, and one that is thrown away takes them along (`store/import.rs`).
--pg ALTER TABLE import_staged DROP CONSTRAINT import_staged_agency_id_batch_id_fkey;
--pg ALTER TABLE import_place DROP CONSTRAINT import_place_agency_id_batch_id_fkey;
--pg ALTER TABLE import_before_place DROP CONSTRAINT import_before_place_agency_id_batch_id_fkey;
