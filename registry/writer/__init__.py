"""Records become one transaction. Every change goes through here; nothing else opens a write transaction."""
