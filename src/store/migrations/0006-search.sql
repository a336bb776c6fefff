-- Which words were said in which recording, as keyed hashes: a set per recording, without order or counts, so that a
-- stolen disk gives no text back (search/word_index.h).
CREATE VIRTUAL TABLE words USING fts5(tokens, detail = none, columnsize = 0, tokenize = 'ascii');

CREATE TABLE word_rows (
  recording_id TEXT PRIMARY KEY REFERENCES recordings(id),
  row INTEGER NOT NULL UNIQUE            -- words.rowid
);
