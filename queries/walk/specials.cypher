// How many entities were reached that need more than this walk: versions that nobody recorded, parts of something,
// what has columns that something was made from.
size([n IN known WHERE n.version_unknown IS NOT NULL OR n:Field OR n:DataSlice
  OR (columns_described > 0 AND EXISTS { (n)-[:HAS_SCHEMA]->()<-[:FIELD_OF]-()<-[:DERIVED_FROM|COMPUTED_FROM]-() })])
