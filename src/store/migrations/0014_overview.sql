-- The overview's recent acts: the trail from a moment on, whoever asks and however long the trail is.
CREATE INDEX audit_event_by_time ON audit_event (agency_id, at DESC, id DESC);
