"""Events that other programs send: kept as they came, added up, written as records, quarantined where that fails."""
