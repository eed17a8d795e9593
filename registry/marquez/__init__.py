"""The part of Marquez's read API that its clients use, answered from the graph."""
