-- The schema of a store.
--
-- Rules for this file and every later migration:
--   * ids of articles and stories are TEXT, 32 lower-case hexadecimal digits: the same in every database and
--     readable in any client; hashes of contents are 32-byte BLOBs;
--   * times are INTEGER microseconds since 1970-01-01T00:00:00Z: exact, small, and sorted as time is
--     (RFC 3339 text is not, with fractions and years beyond 9999);
--   * lists and structures that no query filters by are JSON in TEXT;
--   * booleans are INTEGER 0 or 1;
--   * only SQL that SQLite and PostgreSQL share, except where a comment says otherwise.
-- A migration is never edited once it is released.

-- Sources, and what the program remembers of each between polls.
CREATE TABLE sources (
    url           TEXT    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL,
    title         TEXT,
    site          TEXT,
    tags          TEXT    NOT NULL,            -- JSON list, outermost folder first
    etag          TEXT,
    last_modified TEXT,
    next_due      BIGINT  NOT NULL,
    interval_s    INTEGER NOT NULL,
    failures      INTEGER NOT NULL,
    last_error    TEXT,
    last_success  BIGINT,
    gone          INTEGER NOT NULL,
    -- A source that leaves the list keeps its row: if it comes back, its validators still spare its
    -- publisher a full response.
    removed       BIGINT,
    -- The URL that is polled after a permanent redirect has proved to last; NULL while that is `url`.
    address       TEXT,
    -- A permanent redirect that has not yet proved to last, and when it was first seen.
    moving_to     TEXT,
    moving_since  BIGINT,
    last_change   BIGINT,
    failing_since BIGINT,
    because       TEXT,                        -- why the next poll is when it is, for people
    rhythm        TEXT                         -- JSON; NULL where the source was never read
);
CREATE INDEX sources_due ON sources (next_due, url) WHERE gone = 0 AND removed IS NULL;

-- The entries that each source has listed: recognises an entry under another id, and shows an edit.
CREATE TABLE source_entries (
    source     TEXT   NOT NULL,
    key        TEXT   NOT NULL,                -- id, else URL, else hash; see the feed reader
    link       TEXT,                           -- canonical key of the entry's URL
    digest     BLOB   NOT NULL,                -- of title, summary and time of change
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    PRIMARY KEY (source, key)
);
CREATE INDEX source_entries_by_link ON source_entries (source, link);
CREATE INDEX source_entries_by_time ON source_entries (source, first_seen);

-- What each source used of its daily limits.
CREATE TABLE source_days (
    source   TEXT   NOT NULL,                  -- its URL
    day      BIGINT NOT NULL,                  -- the midnight (UTC) at which the day begins
    articles BIGINT NOT NULL,                  -- entries that were accepted, edits included
    bytes    BIGINT NOT NULL,                  -- of its own documents and of the pages that it listed
    left_out BIGINT NOT NULL,                  -- entries and pages that wait because a limit was reached
    PRIMARY KEY (source, day)
);
CREATE INDEX source_days_by_day ON source_days (day);

-- WebSub subscriptions at hubs.
CREATE TABLE subscriptions (
    id         TEXT    NOT NULL PRIMARY KEY,   -- random; the last part of the callback URL
    source     TEXT    NOT NULL UNIQUE,
    hub        TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    asked      BIGINT  NOT NULL,               -- time of the last request to the hub
    lease_end  BIGINT,                         -- NULL until the hub has verified
    last_push  BIGINT,
    trusted    INTEGER NOT NULL                -- 0 after a poll has found what the hub had not pushed
);

-- The queue of pages to be fetched.
CREATE TABLE pages (
    key       TEXT    NOT NULL PRIMARY KEY,    -- canonical key of the URL
    url       TEXT    NOT NULL,
    host      TEXT    NOT NULL,                -- of the URL
    source    TEXT,
    entry     TEXT,                            -- JSON; moves to the capture as soon as there is one
    full_text_of TEXT,                         -- JSON: the article whose full text it may have; moves likewise
    attempts  INTEGER NOT NULL,
    next_try  BIGINT  NOT NULL,
    state     TEXT    NOT NULL,                -- due, captured, dead
    reason    TEXT,                            -- the last error
    changed   BIGINT  NOT NULL,                -- when the state or the reason last changed
    own       INTEGER NOT NULL,                -- 1: the source represents the provider of the URL
    unread    INTEGER NOT NULL DEFAULT 0       -- 1: the page could not be read; its capture has only the entry
);
CREATE INDEX pages_due         ON pages (next_try, key)       WHERE state = 'due';
-- Lets a query limit the pages of one host, so that ten thousand of them do not delay all other hosts.
CREATE INDEX pages_due_by_host ON pages (host, next_try, key) WHERE state = 'due';
CREATE INDEX pages_dead        ON pages (changed, key)        WHERE state = 'dead';
CREATE INDEX pages_captured    ON pages (changed)             WHERE state = 'captured';

-- Pages as fetched, queued for processing.
CREATE TABLE captures (
    -- AUTOINCREMENT (in PostgreSQL: an identity column): a number is never used twice, because captures
    -- are processed in this order and outcomes refer to them by number.
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    -- SHA-256 over url, final_url, body, entry and the article of a full text: the same page fetched twice
    -- is one capture.
    identity  BLOB    NOT NULL UNIQUE,
    url       TEXT    NOT NULL,
    final_url TEXT    NOT NULL,
    status    INTEGER NOT NULL,
    fetched   BIGINT  NOT NULL,
    source    TEXT,
    state     TEXT    NOT NULL,                -- pending, done, rejected, dead
    attempts  INTEGER NOT NULL,
    reason    TEXT,                            -- rejected: short name of the reason; dead: the error
    because   TEXT,                            -- rejected: the reason in words
    article   TEXT,                            -- the article that it became
    changed   BIGINT  NOT NULL,
    packing   TEXT    NOT NULL,                -- none, zlib; gone: body and headers were removed
    size      BIGINT  NOT NULL,                -- of the body, unpacked
    headers   TEXT    NOT NULL,                -- JSON list of pairs
    entry     TEXT,                            -- JSON
    origin    TEXT    NOT NULL,                -- page, entry, full_text, record
    -- JSON: why the page of the entry was not read, the article of the full text, the record's path.
    origin_detail TEXT,
    body      BLOB    NOT NULL                 -- last, so that a read of the other columns skips its pages
);
CREATE INDEX captures_pending ON captures (number)          WHERE state = 'pending';
CREATE INDEX captures_dead    ON captures (changed, number) WHERE state = 'dead';
-- Covers the counts by state and reason, so that they never read rows that hold bodies.
CREATE INDEX captures_by_state ON captures (state, reason);
CREATE INDEX captures_by_article ON captures (article) WHERE article IS NOT NULL;
-- Covers the question which source listed which article.
CREATE INDEX captures_by_source ON captures (source, article) WHERE article IS NOT NULL AND source IS NOT NULL;
-- Processed captures that still have their bodies. Covers the search for those to remove, so that the
-- rows, full of bytes, are not read.
CREATE INDEX captures_kept ON captures (changed, state, article, size)
    WHERE packing <> 'gone' AND state <> 'pending';
CREATE INDEX captures_gone ON captures (changed) WHERE packing = 'gone';

-- Hosts that requested a pause.
CREATE TABLE host_pauses (
    host   TEXT   NOT NULL PRIMARY KEY,
    until  BIGINT NOT NULL,
    reason TEXT   NOT NULL
);
CREATE INDEX host_pauses_by_end ON host_pauses (until, host);

CREATE TABLE images (
    url        TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT,
    file       TEXT,
    width      INTEGER,
    height     INTEGER,
    mime       TEXT,
    bytes      BIGINT,
    fetched    BIGINT NOT NULL,
    error      TEXT,
    thumbnails TEXT   NOT NULL                 -- JSON list of the widths in pixels of the thumbnails
);
CREATE INDEX images_without_copy ON images (fetched) WHERE file IS NULL;

-- What is queried often is in narrow rows: a change of heat rewrites some hundred bytes.
CREATE TABLE articles (
    -- Arrival number, never used twice: the grouping is rebuilt in this order. AUTOINCREMENT as in captures.
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT    NOT NULL UNIQUE,
    path            TEXT    NOT NULL UNIQUE,   -- of the record; never changes
    published       BIGINT  NOT NULL,
    published_from  TEXT    NOT NULL,
    first_seen      BIGINT  NOT NULL,
    provider        TEXT    NOT NULL,          -- domain
    language        TEXT,
    quality         INTEGER NOT NULL,
    has_topic       INTEGER NOT NULL,
    story           TEXT    NOT NULL,
    copy_of         TEXT,
    heat            INTEGER,                   -- degrees; NULL where another article leads the story
    is_published    INTEGER NOT NULL,
    rule            TEXT    NOT NULL,
    verdict_because TEXT    NOT NULL,
    is_dropped      INTEGER NOT NULL,
    effects         TEXT    NOT NULL,          -- JSON: effects of gate rules beside publishing and holding
    was_published   INTEGER NOT NULL DEFAULT 0, -- whether readers saw it before its current verdict
    -- The number of the change after which the record was last found in need of writing; NULL where the
    -- file is up to date. A number and not a flag, so that a change during the writing of records is not
    -- taken for written.
    dirty           BIGINT,
    record_hash     BLOB                       -- SHA-256 of the bytes last written
);
CREATE INDEX articles_by_story      ON articles (story, seq);
CREATE INDEX articles_by_published  ON articles (published, id);
CREATE INDEX articles_by_first_seen ON articles (first_seen);
CREATE INDEX articles_by_provider   ON articles (provider, published);
CREATE INDEX articles_dirty         ON articles (seq)   WHERE dirty IS NOT NULL;
CREATE INDEX articles_shown         ON articles (seq)   WHERE is_published = 1;

-- The other fields of a record, read only with the snapshot.
CREATE TABLE article_details (
    seq            INTEGER PRIMARY KEY REFERENCES articles (seq),
    title          TEXT NOT NULL,
    excerpt        TEXT NOT NULL,
    web_url        TEXT NOT NULL,
    detail         TEXT NOT NULL,              -- JSON: the article's other fields
    judgement      TEXT NOT NULL,              -- JSON, without what has a column of its own
    topics_from    TEXT NOT NULL,              -- rules, learned, given
    paywalled      INTEGER NOT NULL,           -- 1: its publisher shows it to subscribers only
    because        TEXT NOT NULL,              -- JSON: why it is in its story
    extra          TEXT NOT NULL,              -- JSON: unknown fields of an imported record
    secured        TEXT,
    slug           TEXT NOT NULL,
    identity_steps TEXT NOT NULL               -- JSON
);
-- The articles that show an image: its row is needed as long as one of them is published. An expression in
-- an index, and the JSON functions, are SQLite's dialect. A detail that is not JSON is damage, and must not
-- make writes fail.
CREATE INDEX article_details_by_image
    ON article_details (CASE WHEN json_valid(detail) THEN json_extract(detail, '$.images[0].url') END);

-- Texts in a table of their own, so that neither the snapshot nor the pipeline reads their pages.
CREATE TABLE article_texts (
    seq     INTEGER PRIMARY KEY REFERENCES articles (seq),
    text    TEXT NOT NULL,
    html    TEXT NOT NULL,
    removed BIGINT                             -- when text and HTML were removed; NULL where they were not
);

CREATE TABLE article_topics (
    seq   INTEGER NOT NULL REFERENCES articles (seq),
    topic TEXT    NOT NULL,                    -- the topic's id
    PRIMARY KEY (topic, seq)
);
CREATE INDEX article_topics_by_article ON article_topics (seq);

-- The articles of other providers to which the text of an article links: attention from outside the story.
CREATE TABLE article_links (
    -- The article's id, made from the cleaned URL. Most such articles are not stored; some will be.
    target TEXT    NOT NULL,
    seq    INTEGER NOT NULL REFERENCES articles (seq),
    PRIMARY KEY (target, seq)
) WITHOUT ROWID;                               -- SQLite only: the key is the whole row
CREATE INDEX article_links_by_article ON article_links (seq);

-- How many readers followed links to an article on a day. Nothing else about readers is stored.
CREATE TABLE article_clicks (
    article TEXT   NOT NULL,
    day     BIGINT NOT NULL,                   -- the midnight (UTC) at which it begins
    readers BIGINT NOT NULL,
    PRIMARY KEY (article, day)
);
CREATE INDEX article_clicks_by_day ON article_clicks (day);

-- The contents of record files, field by field, to tell a hand edit from what the program wrote.
CREATE TABLE record_files (
    article         TEXT NOT NULL PRIMARY KEY,
    fields          TEXT,                      -- one digest per field last written; articles has the file's hash
    -- What is about to be written. Set before the file is touched and cleared afterwards: after a crash in
    -- between, the file holds one or the other.
    intended_hash   BLOB,
    intended_fields TEXT
);

-- A merged story redirects for ever. Chains are collapsed: `present` is never itself an `old`.
CREATE TABLE story_moves (
    old     TEXT NOT NULL PRIMARY KEY,
    present TEXT NOT NULL
);
CREATE INDEX story_moves_by_present ON story_moves (present);

-- Overrides by editors. Without a reference to `articles`: an override is kept even where its article
-- comes later (a hand edit that is read before its article is imported).
CREATE TABLE overrides (
    article TEXT   NOT NULL,
    field   TEXT   NOT NULL,
    value   TEXT   NOT NULL,                   -- JSON; null removes the field
    editor  TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    PRIMARY KEY (article, field)
);
-- A round reads all boosts, of which there are few among many other overrides.
CREATE INDEX overrides_boosts ON overrides (article) WHERE field = 'boost';

-- Commands of editors for the process that has the store open: only that one may write about stories.
CREATE TABLE editor_requests (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    request  TEXT    NOT NULL,                 -- JSON
    asked    BIGINT  NOT NULL,
    answer   TEXT,                             -- JSON, after it was carried out
    refusal  TEXT,                             -- why it was not carried out
    answered BIGINT                            -- NULL while it waits
);
CREATE INDEX editor_requests_waiting ON editor_requests (number) WHERE answered IS NULL;

-- Clients of the API, where the owner requires keys.
CREATE TABLE api_keys (
    name    TEXT    NOT NULL PRIMARY KEY,      -- chosen by the owner
    digest  BLOB    NOT NULL UNIQUE,           -- SHA-256 of the key, which is stored nowhere
    rate    INTEGER NOT NULL,                  -- requests per minute
    created BIGINT  NOT NULL
);

CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES
    ('change', 0),                             -- raised by every transaction that makes records dirty
    ('texts_swept', 0),                        -- the arrival number up to which texts have been examined
    ('swept', 0);                              -- when the last sweep completed

-- Full-text search, in SQLite's FTS5 dialect (another database brings its own form of the rest of this file).

-- What is searched, by arrival number.
CREATE VIEW searchable AS
    SELECT d.seq AS seq, d.title AS title, d.excerpt AS excerpt, t.text AS text
    FROM article_details d JOIN article_texts t ON t.seq = d.seq;

-- External content: the index holds no second copy of the texts, and can still cut snippets. The program
-- keeps it in step within the transaction that changes an article; `remove_diacritics 2` also folds letters
-- whose marks are separate code points.
CREATE VIRTUAL TABLE article_search USING fts5 (
    title, excerpt, text,
    content = 'searchable', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2'
);

-- A word in the headline says more about an article than one in its text.
INSERT INTO article_search (article_search, rank) VALUES ('rank', 'bm25(10.0, 4.0, 1.0)');
