-- What a source has told so far: where it moved, its rhythm, its entries, its hub.

-- Where it is asked since a permanent redirect has proved to last; NULL while that is `url`.
ALTER TABLE sources ADD COLUMN address       TEXT;
-- A permanent redirect that is still to prove itself, and since when.
ALTER TABLE sources ADD COLUMN moving_to     TEXT;
ALTER TABLE sources ADD COLUMN moving_since  BIGINT;
ALTER TABLE sources ADD COLUMN last_change   BIGINT;
ALTER TABLE sources ADD COLUMN failing_since BIGINT;
-- Why the next poll is when it is, in plain words.
ALTER TABLE sources ADD COLUMN because       TEXT;
-- JSON; NULL where it was never read.
ALTER TABLE sources ADD COLUMN rhythm        TEXT;

-- What each source has named, so that an entry is known again under another id, and an edit is seen.
CREATE TABLE source_entries (
    source     TEXT   NOT NULL,
    key        TEXT   NOT NULL,                -- id, else address, else hash; see the feed reader
    link       TEXT,                           -- canonical key of its address
    digest     BLOB   NOT NULL,                -- of title, summary and time of change
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    PRIMARY KEY (source, key)
);
CREATE INDEX source_entries_by_link ON source_entries (source, link);
CREATE INDEX source_entries_by_time ON source_entries (source, first_seen);

-- WebSub: what hubs were asked to push.
CREATE TABLE subscriptions (
    id         TEXT   NOT NULL PRIMARY KEY,    -- random; the last part of the callback's address
    source     TEXT   NOT NULL UNIQUE,
    hub        TEXT   NOT NULL,
    topic      TEXT   NOT NULL,
    secret     TEXT   NOT NULL,
    asked      BIGINT NOT NULL,                -- when the hub was last asked
    lease_end  BIGINT,                         -- NULL until the hub has verified
    last_push  BIGINT,
    trusted    INTEGER NOT NULL                -- 0 once a poll found what the hub had not pushed
);

-- Which source named which article, read without the rows that hold bodies.
CREATE INDEX captures_by_source ON captures (source, article) WHERE article IS NOT NULL AND source IS NOT NULL;
