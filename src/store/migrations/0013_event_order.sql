-- Numbers of events are given out in commit order (store/event.rs): the transaction need not be known any more.

--pg ALTER TABLE event DROP COLUMN xid;
