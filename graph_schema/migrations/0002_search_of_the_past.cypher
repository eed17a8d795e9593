// What was called so once is found by its words of then.
CREATE FULLTEXT INDEX entitystate_search IF NOT EXISTS FOR (n:EntityState) ON EACH [n.search_text] OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words'}};
