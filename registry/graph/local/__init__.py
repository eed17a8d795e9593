"""The managed local Neo4j: a real Community server as a process of its own, without Docker and without Java to install.

How it fits together: :mod:`jars` fetches what the committed lock names, :mod:`server` prepares a data folder and
starts a small :mod:`keeper` process, which is the parent of Java and ends it when its owner ends. :mod:`ownership`
holds the lock on the data folder from the first to the last of these processes.
"""

from registry.graph.local.backup import dump, load
from registry.graph.local.graphiql import graphiql_assets, install_graphiql
from registry.graph.local.server import LocalServer, holder, running, start, stop

__all__ = [
    "LocalServer",
    "dump",
    "graphiql_assets",
    "holder",
    "install_graphiql",
    "load",
    "running",
    "start",
    "stop",
]
