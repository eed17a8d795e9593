// Only the state that was recorded and so at the time; each filter that is empty lets everything through.
WHERE n.recorded_from <= $known_at AND n.recorded_to > $known_at
  AND coalesce(n.true_from, $so_by) <= $so_by AND n.true_to > $so_after
  AND ($namespace = '' OR n.namespace = $namespace)
  AND ($lifecycle = '' OR n.lifecycle = $lifecycle)
  AND ($channels[0] = ''
    OR n.channel IN $channels AND all(channel IN coalesce(n.channels, []) WHERE channel IN $channels))
  AND all(tag IN $tags WHERE tag = '' OR tag IN coalesce(n.tags, []))
  AND ($owner = '' OR e IN owned)%seen:e%
