-- To which articles of other providers the text of an article links: attention that a story gets from outside.

CREATE TABLE article_links (
    -- The article's id, made of the cleaned address. Most such articles are not stored; some will be.
    target TEXT    NOT NULL,
    seq    INTEGER NOT NULL REFERENCES articles (seq),
    PRIMARY KEY (target, seq)
) WITHOUT ROWID;                               -- of SQLite: the key is all there is
CREATE INDEX article_links_by_article ON article_links (seq);
