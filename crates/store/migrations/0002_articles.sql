-- Articles, their places in stories, and what an editor said about them.

-- What is asked for often is in narrow rows; a change of heat rewrites some hundred bytes.
CREATE TABLE articles (
    -- Arrival number, never given twice: grouping is rebuilt in this order. AUTOINCREMENT as in captures.
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT    NOT NULL UNIQUE,
    path           TEXT    NOT NULL UNIQUE,    -- of the record; never changes
    published      BIGINT  NOT NULL,
    published_from TEXT    NOT NULL,
    first_seen     BIGINT  NOT NULL,
    provider       TEXT    NOT NULL,           -- domain
    language       TEXT,
    quality        INTEGER NOT NULL,
    has_topic      INTEGER NOT NULL,
    story          TEXT    NOT NULL,
    copy_of        TEXT,
    heat           INTEGER NOT NULL,
    is_published   INTEGER NOT NULL,
    rule           TEXT    NOT NULL,
    verdict_because TEXT   NOT NULL,
    -- The number of the change after which the record was last found in need of writing; NULL where the
    -- file is up to date. A number and not a flag, so that a change made while records are being written
    -- is not taken for written.
    dirty          BIGINT,
    record_hash    BLOB                        -- SHA-256 of the bytes last written
);
CREATE INDEX articles_by_story      ON articles (story, seq);
CREATE INDEX articles_by_published  ON articles (published, id);
CREATE INDEX articles_by_first_seen ON articles (first_seen);
CREATE INDEX articles_by_provider   ON articles (provider, published);
CREATE INDEX articles_dirty         ON articles (seq)   WHERE dirty IS NOT NULL;
CREATE INDEX articles_shown         ON articles (seq)   WHERE is_published = 1;
-- Stories that still cool: their lead is hotter than it is good.
CREATE INDEX articles_warm          ON articles (story) WHERE heat > quality;

-- The rest of what a record shows, read with the snapshot only.
CREATE TABLE article_details (
    seq            INTEGER PRIMARY KEY REFERENCES articles (seq),
    title          TEXT NOT NULL,
    excerpt        TEXT NOT NULL,
    web_url        TEXT NOT NULL,
    detail         TEXT NOT NULL,              -- JSON: the article's other fields
    judgement      TEXT NOT NULL,              -- JSON
    because        TEXT NOT NULL,              -- JSON: why it is in its story
    extra          TEXT NOT NULL,              -- JSON: unknown fields of an imported record
    secured        TEXT,
    slug           TEXT NOT NULL,
    identity_steps TEXT NOT NULL               -- JSON
);

-- Texts apart, so that neither the snapshot nor the pipeline pages through them.
CREATE TABLE article_texts (
    seq  INTEGER PRIMARY KEY REFERENCES articles (seq),
    text TEXT NOT NULL,
    html TEXT NOT NULL
);

CREATE TABLE article_topics (
    seq   INTEGER NOT NULL REFERENCES articles (seq),
    topic TEXT    NOT NULL,                    -- the topic's id
    PRIMARY KEY (topic, seq)
);
CREATE INDEX article_topics_by_article ON article_topics (seq);

-- A merged story redirects for ever. Chains are collapsed: `present` is never itself an `old`.
CREATE TABLE story_moves (
    old     TEXT NOT NULL PRIMARY KEY,
    present TEXT NOT NULL
);
CREATE INDEX story_moves_by_present ON story_moves (present);

-- An editor's word. Not bound to a row of `articles`: what was said is kept even where the article comes
-- later (a hand edit that is read before its article is imported).
CREATE TABLE overrides (
    article TEXT   NOT NULL,
    field   TEXT   NOT NULL,
    value   TEXT   NOT NULL,                   -- JSON; null takes the field away
    editor  TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    PRIMARY KEY (article, field)
);

-- Numbers that the store counts. `change` is raised by every transaction that makes records dirty.
CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('change', 0);
