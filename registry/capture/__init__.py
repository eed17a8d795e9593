"""One module a source: its bytes become records. Knows no database."""
