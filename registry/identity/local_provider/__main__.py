"""`python -m registry.identity.local_provider`: the local provider in the foreground, for trying out signing in."""

from __future__ import annotations

import argparse
import threading

from registry.identity.local_provider import Client, Provider, User, serve_provider


def main() -> None:
    """Serve until Ctrl-C; says which settings make a registry take its tokens."""
    parser = argparse.ArgumentParser(prog="python -m registry.identity.local_provider", description=__doc__)
    parser.add_argument("--port", type=int, default=8766)
    parser.add_argument("--registry", default="http://127.0.0.1:8765", help="base URL of the registry")
    parser.add_argument(
        "--user", action="append", default=[], metavar="NAME[:GROUP,GROUP]", help="who can sign in; may be repeated"
    )
    options = parser.parse_args()
    users = [
        User(name, tuple(group for group in groups.split(",") if group))
        for name, _, groups in (item.partition(":") for item in options.user or ["alice:data", "bob"])
    ]
    client = Client("lineage-registry", (f"{options.registry.rstrip('/')}/sign-in/callback",))
    provider = Provider(users, [client], audience="lineage")
    with serve_provider(provider, options.port) as issuer:
        print(f"export LINEAGE_OIDC_ISSUER={issuer}")  # noqa: T201 - for the shell
        print("export LINEAGE_OIDC_AUDIENCE=lineage LINEAGE_OIDC_CLIENT_ID=lineage-registry", flush=True)  # noqa: T201
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
