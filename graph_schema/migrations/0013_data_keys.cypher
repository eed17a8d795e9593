// The keys of sensitive values, each wrapped by a key that is never in the database; one is in force in each slot.
CREATE CONSTRAINT datakey_id_unique IF NOT EXISTS FOR (n:DataKey) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT datakey_slot_unique IF NOT EXISTS FOR (n:DataKey) REQUIRE n.slot IS UNIQUE;
