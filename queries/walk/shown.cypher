// No edge leads to what is hidden; or, to tell whether there was any, none leads on from there.
AND CASE WHEN $telling THEN %near%(r).scope ELSE %far%(r).scope END IN $seen
