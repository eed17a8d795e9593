// What an owner answered for at a time, the versions of owned assets included; nothing where no owner is asked for.
CALL (clock) {
  WITH clock
  UNWIND CASE WHEN $owner = '' THEN [] ELSE [$owner] END AS owner
  MATCH (who:Entity) WHERE %seen<(>%who.urn = owner OR who.name = owner%seen<) AND who.scope IN $seen>%
  MATCH (who)<-[o:OWNED_BY]-(n:Entity)
  WHERE o.true_from <= $true_by AND o.true_to > $true_after
    AND o.recorded_from <= $known_at AND o.recorded_to > $known_at%seen:n%
  CALL (n) {
    RETURN n AS e
    UNION
    MATCH (n)<-[v:VERSION_OF]-(e:Entity)
    WHERE v.true_from <= $true_by AND v.true_to > $true_after
      AND v.recorded_from <= $known_at AND v.recorded_to > $known_at
    RETURN e
  }
  RETURN collect(DISTINCT e) AS owned
}
