-- What the record files hold, field by field, so that a hand edit can be told from what the program wrote.

CREATE TABLE record_files (
    article         TEXT NOT NULL PRIMARY KEY,
    -- One digest a field of what was last written; the hash of the bytes stands in articles.record_hash.
    fields          TEXT,
    -- What is about to be written. Set before the file is touched and cleared afterwards: after a crash in
    -- between, the file holds the one or the other.
    intended_hash   BLOB,
    intended_fields TEXT
);
