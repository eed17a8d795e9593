"""The lineage registry: the application around the vocabulary (`graph_schema`) and the questions (`queries`)."""
