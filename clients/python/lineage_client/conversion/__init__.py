"""Answers as the objects of other libraries, each imported only where it is asked for."""
