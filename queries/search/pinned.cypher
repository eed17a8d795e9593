// The state is the one recorded by a time that has passed.
WITH $known_at AS clock
%owned%
CALL (*) {
WITH owned
%page%
}
CALL (*) {
WITH owned
%count%
}
RETURN items, ranks, total, clock, true AS still
