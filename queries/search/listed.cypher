// Everything of these kinds.
MATCH (n:%label%) WHERE n.name >= %from% AND n.kind IN $kinds
WITH n, owned
