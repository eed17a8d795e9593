"""Which columns of a frame come from which columns of files, followed step by step while a run works on it.

Nothing is read from the values. What a step leaves open is left open: a column of unknown origin claims nothing.
"""
