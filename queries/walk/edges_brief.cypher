// What an edge joins and means.
collect(below.urn) AS downstream, collect(above.urn) AS upstream, collect(type(r)) AS relation,
    collect(r.family) AS family
