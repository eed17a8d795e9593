"""What may be asked: one ``.cypher`` file a question, beside it its typed parameters and row."""
