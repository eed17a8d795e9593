"""dbt projects, from the artifacts that dbt leaves: manifest, catalog and run results."""
