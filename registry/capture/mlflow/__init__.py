"""MLflow: its tracking server over REST, or its database read-only, behind one mapping."""
