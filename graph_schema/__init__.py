"""What may exist in the lineage graph: kinds of entities, relations between them, their names and times.

Everything else derives from here: constraints and indexes, JSON Schemas, validation, GraphQL types, reference
docs. This package imports nothing else of the product.
"""
