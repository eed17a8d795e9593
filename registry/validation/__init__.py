"""Records are checked here, by small rules with stable ids. Knows no database."""
