"""One generated graph, the same questions, side by side: this product, bare Cypher, SQL, ML Metadata, memory."""
