// Sources that servers read by themselves, and what each run of them found.
CREATE CONSTRAINT scheduledsource_name_unique IF NOT EXISTS FOR (n:ScheduledSource) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT sourcerun_id_unique IF NOT EXISTS FOR (n:SourceRun) REQUIRE n.id IS UNIQUE;
CREATE RANGE INDEX sourcerun_source IF NOT EXISTS FOR (n:SourceRun) ON (n.source);
