"""Who may do what: roles bound to namespaces, one function that decides, and the view that queries are compiled for.

Knows no database and no web; ``registry.identity`` finds out who asks, the API and the writer ask here.
"""
