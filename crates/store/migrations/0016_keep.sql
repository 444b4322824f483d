-- What the store lets go, and how it finds it without reading what stays.

-- Captures whose bytes went: `packing` is then 'gone', body and headers are empty, and the rest of the row stays, by
-- which the same bytes are known again. The first index is of those whose bytes are here although nothing waits for
-- them; it holds all that a look through them needs, so that their rows, full of bytes, are not read.
CREATE INDEX captures_kept ON captures (changed, state, article, size)
    WHERE packing <> 'gone' AND state <> 'pending';
CREATE INDEX captures_gone ON captures (changed) WHERE packing = 'gone';
CREATE INDEX pages_captured ON pages (changed) WHERE state = 'captured';
CREATE INDEX images_without_copy ON images (fetched) WHERE file IS NULL;

-- Whether readers saw an article before its present verdict. Of articles that are older than this column those count
-- that have had a record: nothing is published without one.
ALTER TABLE articles ADD COLUMN was_published INTEGER NOT NULL DEFAULT 0;
UPDATE articles SET was_published = 1 WHERE record_hash IS NOT NULL;

-- When text and HTML of an article went; NULL while they are here (also where the article never had any).
ALTER TABLE article_texts ADD COLUMN removed BIGINT;

-- The arrival number up to which texts have been looked through, and when the last sweep came to its end.
INSERT INTO counters (name, value) VALUES ('texts_swept', 0), ('swept', 0);
