-- What rules of the gate do beside publishing and holding.

ALTER TABLE articles ADD COLUMN is_dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE articles ADD COLUMN effects    TEXT    NOT NULL DEFAULT '[]'; -- JSON
