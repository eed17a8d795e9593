// The ledger: its head, its entries by their place, and beside them the records as they were written.
CREATE CONSTRAINT ledgerhead_id_unique IF NOT EXISTS FOR (n:LedgerHead) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT ledgerentry_sequence_unique IF NOT EXISTS FOR (n:LedgerEntry) REQUIRE n.sequence IS UNIQUE;
CREATE CONSTRAINT journalentry_sequence_unique IF NOT EXISTS FOR (n:JournalEntry) REQUIRE n.sequence IS UNIQUE;
CREATE RANGE INDEX ledgerentry_time IF NOT EXISTS FOR (n:LedgerEntry) ON (n.time);
