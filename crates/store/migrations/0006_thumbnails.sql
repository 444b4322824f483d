-- The widths in pixels of the thumbnails that stand beside a copy of a picture, as a JSON list.
ALTER TABLE images ADD COLUMN thumbnails TEXT NOT NULL DEFAULT '[]';
