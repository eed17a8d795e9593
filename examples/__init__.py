"""Programs that use the registry as anybody's code would: over HTTP, importing nothing of it."""
