-- Which articles show an image: its row is needed as long as one of them is shown. An expression in an index, and the
-- JSON functions, are SQLite's dialect. A detail that is not JSON is damage, and must not stop this.
CREATE INDEX article_details_by_image
    ON article_details (CASE WHEN json_valid(detail) THEN json_extract(detail, '$.images[0].url') END);
