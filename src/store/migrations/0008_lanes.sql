-- What the queue reads, kept by the database beside each finding, so that a page of it costs the page and not the agency.

-- The lane as far as it depends on the finding alone (`domain::lane`): 0 verify, 1 reply, 2 back; then what stands behind
-- the clock: 5 new, 6 gone, 7 unassigned, 8 waiting, 9 in no lane unless it is due. Null: closed.
ALTER TABLE finding ADD COLUMN lane_base BIGINT GENERATED ALWAYS AS (
  CASE WHEN status = 'pending_verification' THEN 0 WHEN client_wrote_last THEN 1
    WHEN status NOT IN ('open', 'in_progress', 'not_fixed', 'partial', 'inconclusive') THEN NULL
    WHEN status IN ('not_fixed', 'partial', 'inconclusive') OR reopened THEN 2
    WHEN triaged_at IS NULL THEN 5 WHEN NOT seen_in_latest THEN 6 WHEN assignee_id IS NULL THEN 7
    WHEN released_at IS NOT NULL THEN 8 ELSE 9 END) COMPUTED;
-- When the clock that runs ends; a time after all others where none runs, so that it sorts last without being null.
ALTER TABLE finding ADD COLUMN clock_key BIGINT NOT NULL GENERATED ALWAYS AS (
  CASE WHEN status = 'pending_verification' THEN COALESCE(verify_due_at, 9223372036854775807)
    WHEN status IN ('open', 'in_progress', 'not_fixed', 'partial', 'inconclusive') THEN COALESCE(due_at, 9223372036854775807)
    ELSE 9223372036854775807 END) COMPUTED;

CREATE INDEX finding_by_lane ON finding (agency_id, lane_base, clock_key, severity DESC, id, project_id) WHERE lane_base IS NOT NULL;
CREATE INDEX finding_by_clock ON finding (agency_id, clock_key, severity DESC, id, project_id) WHERE lane_base >= 5;
CREATE INDEX finding_by_project_lane ON finding (agency_id, project_id, lane_base, clock_key, severity DESC, id) WHERE lane_base IS NOT NULL;
