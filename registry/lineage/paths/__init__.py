"""Ways between two entities: all of them, shortest first, with their true number.

``between.paths`` answers for two names, ``ways.Ways`` for what a walk has found already. Underneath: ``network``
(what lies between, as a graph of numbers), ``counting`` (how many ways) and ``enumeration`` (which, in order).
"""
