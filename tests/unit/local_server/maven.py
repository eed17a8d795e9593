"""A small Maven repository on loopback, for the outside world: serves bytes, and fails in the ways networks do."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from registry.graph.local.lock import Lock, LockedJar


class Repository:
    """What is served, what goes wrong, and what was asked for (by file name)."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.broken_off: set[str] = set()
        self.busy: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.url = ""

    def lock(self, *names: str, size: int = 50_000) -> Lock:
        """Publish jars and lock them."""
        return Lock("test", f"lock of {names}", tuple(self._publish(name, size) for name in names))

    def _publish(self, name: str, size: int) -> LockedJar:
        content = hashlib.sha256(name.encode()).digest() * (size // 32)
        jar = LockedJar("org.example", name, "1.0", "jar", "", hashlib.sha256(content).hexdigest(), len(content))
        self.content[jar.path.name] = content
        return jar


@contextmanager
def serving() -> Iterator[Repository]:
    """A repository that answers at its ``url``."""
    repository = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            repository.asked[name] += 1
            content = repository.content.get(name)
            if repository.busy[name] > 0:
                repository.busy[name] -= 1
                self.send_error(503)
            elif content is None:
                self.send_error(404)
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if name in repository.broken_off else content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    repository.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield repository
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
