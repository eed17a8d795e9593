// Names are unique; searching and history have their indexes.
CREATE CONSTRAINT entity_urn_unique IF NOT EXISTS FOR (n:Entity) REQUIRE n.urn IS UNIQUE;
CREATE CONSTRAINT event_id_unique IF NOT EXISTS FOR (n:Event) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT finding_id_unique IF NOT EXISTS FOR (n:Finding) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT registryclock_id_unique IF NOT EXISTS FOR (n:RegistryClock) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT migration_id_unique IF NOT EXISTS FOR (n:Migration) REQUIRE n.id IS UNIQUE;
CREATE RANGE INDEX entity_name IF NOT EXISTS FOR (n:Entity) ON (n.name);
CREATE RANGE INDEX entitystate_urn IF NOT EXISTS FOR (n:EntityState) ON (n.urn);
CREATE RANGE INDEX finding_urn IF NOT EXISTS FOR (n:Finding) ON (n.urn);
CREATE FULLTEXT INDEX entity_search IF NOT EXISTS FOR (n:Dataset|TelemetrySource|FeatureView|Feature|Job|Experiment|Model|Environment|Library|Deployment|Endpoint|AISystem|Person|Team|Service|Policy|Proposal|Incident|Document) ON EACH [n.search_text] OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words'}};
