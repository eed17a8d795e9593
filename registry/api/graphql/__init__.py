"""The GraphQL interface: types derived from the vocabulary, bounded documents, errors with codes."""
