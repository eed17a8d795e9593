"""The API: REST and GraphQL on FastAPI."""
