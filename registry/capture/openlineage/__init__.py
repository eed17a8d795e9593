"""OpenLineage events (spec 2-0-2 and older) as records; :mod:`registry.capture.openlineage.mapping` is the way in."""
