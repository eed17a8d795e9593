// Where the clock of writing stands before and after the reading: where it has not moved, all of it is one state.
OPTIONAL MATCH (c:RegistryClock {id: 'clock'})
WITH coalesce(c.recorded_at, 0) AS clock
%owned%
CALL (*) {
WITH owned
%page%
}
CALL (*) {
WITH owned
%count%
}
OPTIONAL MATCH (d:RegistryClock {id: 'clock'})
RETURN items, ranks, total, clock, clock = coalesce(d.recorded_at, 0) AS still
