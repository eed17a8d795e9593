// One run of a source with its report.
MATCH (r:SourceRun {id: $id}) WHERE r.source = $source RETURN properties(r) AS properties
