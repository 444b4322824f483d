-- What editors ask of the process that works on the store, where that is another one: it alone may write about stories.

CREATE TABLE editor_requests (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    request  TEXT    NOT NULL,                 -- JSON
    asked    BIGINT  NOT NULL,
    answer   TEXT,                             -- JSON, once it is carried out
    refusal  TEXT,                             -- why it can't be
    answered BIGINT                            -- NULL while it waits
);
CREATE INDEX editor_requests_waiting ON editor_requests (number) WHERE answered IS NULL;
