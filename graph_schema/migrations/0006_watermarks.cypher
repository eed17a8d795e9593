// How far each source has been read.
CREATE CONSTRAINT watermark_id_unique IF NOT EXISTS FOR (n:Watermark) REQUIRE n.id IS UNIQUE;
