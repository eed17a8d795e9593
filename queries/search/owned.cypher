// What an owner answers for at present, the versions of owned assets included; nothing where no owner is asked for.
CALL (clock) {
  WITH clock
  UNWIND CASE WHEN $owner = '' THEN [] ELSE [$owner] END AS owner
  MATCH (who:Entity) WHERE %seen<(>%who.urn = owner OR who.name = owner%seen<) AND who.scope IN $seen>%
  MATCH (who)<-[o:OWNED_BY]-(n:Entity) WHERE o.recorded_to = $open%seen:n% AND o.true_to > $now
  CALL (n) {
    RETURN n AS e
    UNION
    MATCH (n)<-[v:VERSION_OF]-(e:Entity) WHERE v.recorded_to = $open AND v.true_to > $now
    RETURN e
  }
  RETURN collect(DISTINCT e) AS owned
}
