"""How far each source has been read, so that the next read goes on from there."""
