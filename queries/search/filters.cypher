// What was taken back never shows; each filter that is empty lets everything through.
WHERE n.recorded_to = $open
  AND ($namespace = '' OR n.namespace = $namespace)
  AND ($lifecycle = '' OR n.lifecycle = $lifecycle)
  AND ($channels[0] = ''
    OR n.channel IN $channels AND all(channel IN coalesce(n.channels, []) WHERE channel IN $channels))
  AND all(tag IN $tags WHERE tag = '' OR tag IN coalesce(n.tags, []))
  AND ($owner = '' OR n IN owned)%seen:n%
