// Edges are read from everything that was reached.
WITH starts, known, known AS expanded
