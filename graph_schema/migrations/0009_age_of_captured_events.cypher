// Captured events are let go of by when they were received.
CREATE RANGE INDEX capturedevent_received_at IF NOT EXISTS FOR (n:CapturedEvent) ON (n.received_at);
CREATE RANGE INDEX capturedfold_received_at IF NOT EXISTS FOR (n:CapturedFold) ON (n.received_at);
MATCH (f:CapturedFold) WHERE f.received_at IS NULL SET f.received_at = timestamp() * 1000;
