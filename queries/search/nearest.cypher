// No more of either sort than a page can show.
  WITH n WHERE n.name > $after_name OR n.urn > $after_urn
  WITH n ORDER BY n.name, n.urn LIMIT $limit
