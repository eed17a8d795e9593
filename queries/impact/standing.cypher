// How much what is affected matters: what serves it and where, which systems rely on it, and how far in its life and
// how critical each of these is. Four groups of columns: served, placed, relied, states. Missing text is ''.
CALL () {
  CALL () {
    UNWIND $serving AS urn
    MATCH (n:Entity {urn: urn}) WHERE n:Deployment%seen:n%
    RETURN urn, n AS deployment, 1.0 AS share, 0 AS since
    UNION
    UNWIND $serving AS urn
    MATCH (n:Entity {urn: urn})<-[r:DEPLOYS]-(d:Deployment)
    WHERE %seen<d.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    RETURN urn, d AS deployment, coalesce(r.traffic_share, 1.0) AS share, r.true_from AS since
    UNION
    UNWIND $serving AS urn
    MATCH (n:Entity {urn: urn})-[r:SERVED_BY|ANSWERED_BY|RELIES_ON]->(d:Deployment)
    WHERE %seen<d.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    RETURN urn, d AS deployment, 1.0 AS share, 0 AS since
    UNION
    UNWIND $serving AS urn
    MATCH (n:Entity {urn: urn})-[q:RELIES_ON]->(e:Endpoint)-[r:SERVED_BY]->(d:Deployment)
    WHERE %seen<d.scope IN $seen AND e.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
      AND q.true_from <= $true_by AND q.true_to > $true_after AND q.recorded_from <= $known_at AND q.recorded_to > $known_at
    RETURN urn, d AS deployment, 1.0 AS share, 0 AS since
  }
  WITH urn, deployment, share, since LIMIT $limit
  RETURN collect(urn) AS served, collect(deployment) AS deployments, collect(share) AS share, collect(since) AS since
}
CALL (deployments) {
  UNWIND deployments AS d
  WITH DISTINCT d
  MATCH (d)-[r:EXECUTED_IN]->(e:Environment)
  WHERE %seen<e.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
  WITH d, e LIMIT $limit
  RETURN collect(d.urn) AS placed, collect(e.urn) AS environment
}
CALL (deployments) {
  CALL (deployments) {
    UNWIND $serving AS urn
    MATCH (n:Entity {urn: urn})<-[r:RELIES_ON]-(s:AISystem)
    WHERE %seen<s.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    RETURN urn AS relied, s.urn AS system
    UNION
    UNWIND deployments AS d
    WITH DISTINCT d
    MATCH (d)<-[r:RELIES_ON]-(s:AISystem)
    WHERE %seen<s.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    RETURN d.urn AS relied, s.urn AS system
    UNION
    UNWIND deployments AS d
    WITH DISTINCT d
    MATCH (d)<-[r:SERVED_BY]-(e:Endpoint)<-[q:RELIES_ON]-(s:AISystem)
    WHERE %seen<s.scope IN $seen AND e.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
      AND q.true_from <= $true_by AND q.true_to > $true_after AND q.recorded_from <= $known_at AND q.recorded_to > $known_at
    RETURN d.urn AS relied, s.urn AS system
    UNION
    UNWIND deployments AS d
    WITH DISTINCT d
    MATCH (d)<-[r:SERVED_BY]-(e:Endpoint)-[q:PART_OF]->(s:AISystem)
    WHERE %seen<s.scope IN $seen AND e.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
      AND q.true_from <= $true_by AND q.true_to > $true_after AND q.recorded_from <= $known_at AND q.recorded_to > $known_at
    RETURN d.urn AS relied, s.urn AS system
  }
  WITH relied, system LIMIT $limit
  RETURN collect(relied) AS relied, collect(system) AS system
}
CALL (deployments, environment, system) {
  UNWIND $urns + [d IN deployments | d.urn] + environment + system AS urn
  WITH DISTINCT urn
%seen<  MATCH (one:Entity {urn: urn}) WHERE one.scope IN $seen
>%  CALL (urn) {
    MATCH (n:Entity {urn: urn}) RETURN n
    UNION ALL
    MATCH (n:EntityState {urn: urn}) RETURN n
  }
  WITH n WHERE n.recorded_from <= $known_at AND n.recorded_to > $known_at
  RETURN collect(n.urn) AS urn, collect(coalesce(n.title, n.name)) AS name,
    collect(coalesce(n.lifecycle, '')) AS lifecycle, collect(coalesce(n.criticality, '')) AS criticality,
    collect(coalesce(n.stage, '')) AS stage, collect(coalesce(n.requests_per_second, -1.0)) AS requests_per_second,
    collect(coalesce(n.traffic_share, 1.0)) AS traffic_share, collect(coalesce(n.true_to, $open)) AS true_to
}
RETURN served, [d IN deployments | d.urn] AS deployment, share, since, placed, environment, relied, system,
  urn, name, lifecycle, criticality, stage, requests_per_second, traffic_share, true_to
