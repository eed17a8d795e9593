// Only what came by one of these channels; what the registry makes itself came by none and counts.
($channels IS NULL OR type(r) = 'MAY_BE'
  OR coalesce(any(channel IN r.channels WHERE channel IN $channels), r.channel IN $channels, false))
