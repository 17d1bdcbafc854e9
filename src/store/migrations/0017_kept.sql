-- What an export says of a finding besides its scanner's facts: set once, on findings that are new.
ALTER TABLE import_staged ADD COLUMN kept TEXT;
