-- How many readers followed links to an article on a day. Nothing else about readers is kept.

CREATE TABLE article_clicks (
    article TEXT   NOT NULL,
    day     BIGINT NOT NULL,                   -- the midnight (UTC) with which it begins
    readers BIGINT NOT NULL,
    PRIMARY KEY (article, day)
);
CREATE INDEX article_clicks_by_day ON article_clicks (day);
