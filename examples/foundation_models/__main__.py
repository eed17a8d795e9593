"""``python -m examples.foundation_models CATALOG``: write the catalog as records, one a line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from examples.foundation_models.catalog import CatalogError, read_catalog
from examples.foundation_models.records import PRODUCER, Capture


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 1 when the catalog cannot be read or said in records; nothing is written then."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.foundation_models",
        description="Write a catalog of foundation models as records for `lineage import`.",
    )
    parser.add_argument("catalog", type=Path, help="the catalog: one JSON object a line")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the records go (default: standard output)")
    options = parser.parse_args(arguments)
    try:
        with options.catalog.open(encoding="utf-8") as lines:
            records = list(Capture(read_catalog(lines)).records())
    except (OSError, UnicodeDecodeError, CatalogError) as error:
        print(f"{options.catalog}: {error}", file=sys.stderr)
        return 1
    text = "".join(json.dumps({**record, "producer": PRODUCER}) + "\n" for record in records)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
