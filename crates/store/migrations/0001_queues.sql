-- What is to be read, and what was read: sources, pages, captures, and what is known about hosts.
--
-- House rules of the schema, kept in every migration:
--   * ids of articles and stories are TEXT, 32 lower-case hexadecimal digits: the same in every database and
--     readable in any client; hashes of contents are 32-byte BLOBs;
--   * moments are INTEGER microseconds since 1970-01-01T00:00:00Z: exact, small, and in the order of time
--     (RFC 3339 text is not, once fractions and years beyond 9999 come in);
--   * lists and structures that no query asks about are JSON in TEXT;
--   * truths are INTEGER 0 or 1;
--   * nothing outside the ordinary SQL of SQLite and PostgreSQL except where a comment says so.
-- A migration is never edited once it is merged.

CREATE TABLE sources (
    url          TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    title        TEXT,
    site         TEXT,
    tags         TEXT    NOT NULL,             -- JSON list, outermost folder first
    etag         TEXT,
    last_modified TEXT,
    next_due     BIGINT  NOT NULL,
    interval_s   INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    last_error   TEXT,
    last_success BIGINT,
    gone         INTEGER NOT NULL,
    -- A source that leaves the list keeps its row: if it comes back, its validators still spare its
    -- publisher a full answer.
    removed      BIGINT
);
CREATE INDEX sources_due ON sources (next_due, url) WHERE gone = 0 AND removed IS NULL;

CREATE TABLE pages (
    key       TEXT    NOT NULL PRIMARY KEY,    -- canonical key of the address
    url       TEXT    NOT NULL,
    host      TEXT    NOT NULL,                -- of the address
    source    TEXT,
    entry     TEXT,                            -- JSON; moves to the capture once there is one
    attempts  INTEGER NOT NULL,
    next_try  BIGINT  NOT NULL,
    state     TEXT    NOT NULL,                -- due, captured, dead
    reason    TEXT,                            -- the last error
    changed   BIGINT  NOT NULL                 -- when the state or the reason last changed
);
CREATE INDEX pages_due  ON pages (next_try, key) WHERE state = 'due';
-- So that one host with ten thousand pages does not stand before all others.
CREATE INDEX pages_due_by_host ON pages (host, next_try, key) WHERE state = 'due';
CREATE INDEX pages_dead ON pages (changed, key)  WHERE state = 'dead';

CREATE TABLE captures (
    -- AUTOINCREMENT (in PostgreSQL: an identity column): a number is never given twice, because captures
    -- are processed in this order and outcomes name them by it.
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    -- SHA-256 over url, final_url, body and entry: the same page fetched twice is one capture.
    identity  BLOB    NOT NULL UNIQUE,
    url       TEXT    NOT NULL,
    final_url TEXT    NOT NULL,
    status    INTEGER NOT NULL,
    fetched   BIGINT  NOT NULL,
    source    TEXT,
    state     TEXT    NOT NULL,                -- pending, done, rejected, dead
    attempts  INTEGER NOT NULL,
    reason    TEXT,                            -- of a rejected one: its short name; of a dead one: the error
    because   TEXT,                            -- of a rejected one: in words
    article   TEXT,                            -- what it became
    changed   BIGINT  NOT NULL,
    packing   TEXT    NOT NULL,                -- none, zlib
    size      BIGINT  NOT NULL,                -- of the body, unpacked
    headers   TEXT    NOT NULL,                -- JSON list of pairs
    entry     TEXT,                            -- JSON
    body      BLOB    NOT NULL                 -- last: what does not read it need not page through it
);
CREATE INDEX captures_pending ON captures (number)          WHERE state = 'pending';
CREATE INDEX captures_dead    ON captures (changed, number) WHERE state = 'dead';
-- The counts by state and reason are read from the index alone, never from rows that hold bodies.
CREATE INDEX captures_by_state ON captures (state, reason);
CREATE INDEX captures_by_article ON captures (article) WHERE article IS NOT NULL;

CREATE TABLE host_pauses (
    host   TEXT   NOT NULL PRIMARY KEY,
    until  BIGINT NOT NULL,
    reason TEXT   NOT NULL
);
CREATE INDEX host_pauses_by_end ON host_pauses (until, host);

CREATE TABLE images (
    url     TEXT   NOT NULL PRIMARY KEY,
    hash    TEXT,
    file    TEXT,
    width   INTEGER,
    height  INTEGER,
    mime    TEXT,
    bytes   BIGINT,
    fetched BIGINT NOT NULL,
    error   TEXT
);
