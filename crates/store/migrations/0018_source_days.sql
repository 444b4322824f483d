-- What each source took of its day, and which pages were read only through the words of a source that does not speak for
-- their provider.

CREATE TABLE source_days (
    source   TEXT   NOT NULL,                  -- its address
    day      BIGINT NOT NULL,                  -- the midnight (UTC) with which the day begins
    articles BIGINT NOT NULL,                  -- entries that were taken in, edits included
    bytes    BIGINT NOT NULL,                  -- of its own documents and of the pages that it named
    left_out BIGINT NOT NULL,                  -- entries and pages that wait because a limit was reached
    PRIMARY KEY (source, day)
);
CREATE INDEX source_days_by_day ON source_days (day);

-- 1: the source speaks for the provider of the address. Pages that were queued before are taken for such.
ALTER TABLE pages ADD COLUMN own INTEGER NOT NULL DEFAULT 1;
-- 1: the page could not be read; its capture holds the entry alone.
ALTER TABLE pages ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
