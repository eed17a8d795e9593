// What sources say again and again of the same thing: written once, found by what it is about.
CREATE CONSTRAINT standingstatement_id_unique IF NOT EXISTS FOR (n:StandingStatement) REQUIRE n.id IS UNIQUE;
CREATE RANGE INDEX standingstatement_about IF NOT EXISTS FOR (n:StandingStatement) ON (n.about);
// What was taken back before, and of which edges, is not known: what is said for times until now is written in full.
MATCH (c:RegistryClock {id: 'clock'}) SET c.shaken = timestamp() * 1000;
