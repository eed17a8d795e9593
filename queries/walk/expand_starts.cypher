// Edges are read from the starts alone: the walk is one step long.
WITH starts, known, starts AS expanded
