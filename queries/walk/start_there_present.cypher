// An entity is there now: nobody took it back.
start.recorded_to = $open
