-- Who keeps an unassigned project where its creator may not open the client it came from (NULL: the creator), and all the
-- projects a stored answer speaks of.

ALTER TABLE project ADD COLUMN keeper_id UUID;
ALTER TABLE idempotency ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
