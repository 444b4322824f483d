-- Full-text search, in SQLite's FTS5 dialect (another database brings its own form of this file).

-- What is searched, by the article's arrival number.
CREATE VIEW searchable AS
    SELECT d.seq AS seq, d.title AS title, d.excerpt AS excerpt, t.text AS text
    FROM article_details d JOIN article_texts t ON t.seq = d.seq;

-- External content: the index holds no second copy of the texts, and yet can cut snippets. The program
-- keeps it in step within the transaction that changes an article; `remove_diacritics 2` also folds
-- letters whose marks are written as separate code points.
CREATE VIRTUAL TABLE article_search USING fts5 (
    title, excerpt, text,
    content = 'searchable', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2'
);

-- A word in the headline says more about an article than one in its text.
INSERT INTO article_search (article_search, rank) VALUES ('rank', 'bm25(10.0, 4.0, 1.0)');
