// An entity is there now: nobody took it back. From what is only on the way the walk goes on all the same.
start.recorded_to >= $there_until
