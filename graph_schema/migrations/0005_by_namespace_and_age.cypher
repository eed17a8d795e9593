// Data sets and jobs are listed by their namespace, and what is in the quarantine is ordered by when it came last.
CREATE RANGE INDEX dataset_namespace_name IF NOT EXISTS FOR (n:Dataset) ON (n.namespace, n.name);
CREATE RANGE INDEX job_namespace_name IF NOT EXISTS FOR (n:Job) ON (n.namespace, n.name);
CREATE RANGE INDEX quarantined_last_received_at IF NOT EXISTS FOR (n:Quarantined) ON (n.last_received_at);
