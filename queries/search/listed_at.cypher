// Everything of these kinds, in the state that had been recorded by a time.
MATCH (e:%label%) WHERE e.name >= %from% AND e.kind IN $kinds
%state%
WITH n, e, owned
