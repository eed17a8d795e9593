// What was taken back never shows; each filter that is null or empty lets everything through.
WHERE n.recorded_to = $open
  AND ($namespace IS NULL OR n.namespace = $namespace)
  AND ($lifecycle IS NULL OR n.lifecycle = $lifecycle)
  AND all(tag IN $tags WHERE tag IN coalesce(n.tags, []))
  AND ($owner IS NULL
    OR EXISTS {
      MATCH (n)-[o:OWNED_BY]->(who:Entity)
      WHERE o.recorded_to = $open AND o.true_to > $now AND (who.urn = $owner OR who.name = $owner)
    }
    OR EXISTS {
      MATCH (n)-[v:VERSION_OF]->(:Entity)-[o:OWNED_BY]->(who:Entity)
      WHERE v.recorded_to = $open AND v.true_to > $now AND o.recorded_to = $open AND o.true_to > $now
        AND (who.urn = $owner OR who.name = $owner)
    })
