// Events as they came in, what the events of a run add up to, and what could not be taken.
CREATE CONSTRAINT capturedevent_id_unique IF NOT EXISTS FOR (n:CapturedEvent) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT capturedfold_id_unique IF NOT EXISTS FOR (n:CapturedFold) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT quarantined_id_unique IF NOT EXISTS FOR (n:Quarantined) REQUIRE n.id IS UNIQUE;
CREATE RANGE INDEX capturedevent_key IF NOT EXISTS FOR (n:CapturedEvent) ON (n.key);
CREATE RANGE INDEX capturedevent_time IF NOT EXISTS FOR (n:CapturedEvent) ON (n.time);
CREATE RANGE INDEX quarantined_received_at IF NOT EXISTS FOR (n:Quarantined) ON (n.received_at);
