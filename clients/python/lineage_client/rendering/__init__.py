"""Answers as people see them: text in a terminal, HTML and a drawn graph in a notebook."""
