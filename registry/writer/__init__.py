"""Records become one transaction. Every change goes through here; nothing else opens a write transaction."""

from registry.writer.writer import Writer, WriteResult

__all__ = ["WriteResult", "Writer"]
