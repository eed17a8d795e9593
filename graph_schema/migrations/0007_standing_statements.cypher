// What sources say again and again of the same thing: written once, found by what it is about.
CREATE CONSTRAINT standingstatement_id_unique IF NOT EXISTS FOR (n:StandingStatement) REQUIRE n.id IS UNIQUE;
CREATE RANGE INDEX standingstatement_about IF NOT EXISTS FOR (n:StandingStatement) ON (n.about);
