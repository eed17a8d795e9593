// Everything of these kinds.
MATCH (n:%label%) WHERE n.name >= $after_name AND n.kind IN $kinds
WITH n
