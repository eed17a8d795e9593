// What was replaced since a time is found without looking at everything else.
CREATE RANGE INDEX entitystate_recorded_to IF NOT EXISTS FOR (n:EntityState) ON (n.recorded_to);
