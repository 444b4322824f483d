-- Who may ask the API, where the owner wants keys.

CREATE TABLE api_keys (
    name    TEXT    NOT NULL PRIMARY KEY,      -- the owner's word for it
    digest  BLOB    NOT NULL UNIQUE,           -- SHA-256 of the key, which is kept nowhere
    rate    INTEGER NOT NULL,                  -- requests a minute
    created BIGINT  NOT NULL
);
