"""Reading lineage: walks, impact, explanation, single entities and search.

The application asks here: ``walk.lineage``, ``impact.impact``, ``entity.read_…`` and ``search.search``.
"""
