"""Run a capture, compare what it says with the registry, and send what mends the differences when told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from graph_schema.catalogue import RELATIONS
from registry.capture.naming import without_credentials
from registry.capture.registered import find_capture
from registry.capture.source import Capture, RecordDocument, SpeakingCapture, WholeCapture, narrowed_by
from registry.cli.client import Client
from registry.cli.comparing import Comparison, compare
from registry.cli.errand import progress_bar
from registry.cli.spool import Spool, spooled
from registry.errors import InvalidRequestError
from registry.settings import load_settings


def reconcile_source(name: str, where: str, given: Mapping[str, str], *, repair: bool) -> dict[str, Any]:
    """What differs between a source and the registry, as JSON; ``ok`` where nothing does, or all of it was mended.

    What is recorded and no longer there is looked for, and ended, only where the capture says that the source is the
    whole of its namespace and all of it was read; ``gone_not_sought`` says why it was not.
    Raises RegistryError: InvalidRequestError where it is to be mended by a reading that options narrow.
    """
    capture = find_capture(name)
    if repair:
        _refuse_narrowed(capture, given)
    with Client.from_settings(load_settings()) as client, progress_bar() as bar:
        client.readiness()
        task = bar.add_task(f"Reading {without_credentials(where)}", total=capture.count(where, given))
        with spooled(capture.read(where, given), lambda things: bar.advance(task, things)) as spool:
            bar.remove_task(task)
            task = bar.add_task("Comparing", total=None)
            partial = _partial(capture, given, spool)
            whole = capture.whole_of(given) if partial is None and isinstance(capture, WholeCapture) else None
            own = frozenset(capture.producers) if isinstance(capture, SpeakingCapture) else frozenset()
            found = compare(client, spool, spool.path.parent, lambda things: bar.advance(task, things), whole, own)
            sent = _send(client, name, spool, found) if repair and found.differences else None
            return _answer(name, without_credentials(where), spool, found, sent) | {"gone_not_sought": partial}


def _refuse_narrowed(capture: Capture, given: Mapping[str, str]) -> None:
    option = narrowed_by(capture, given) if isinstance(capture, WholeCapture) else None
    if option is not None:
        raise InvalidRequestError(
            f"With {option} only a part of the source is read, and the rest would seem to be gone.",
            hint=f"Leave out -o {option}, or --repair.",
        )


def _partial(capture: Capture, given: Mapping[str, str], spool: Spool) -> str | None:
    """Why what was read does not tell what is gone; None where it does."""
    if not isinstance(capture, WholeCapture) or capture.whole_of(given) is None:
        return f"what {capture.name} reads is one source of several, and does not say what the others have"
    option = narrowed_by(capture, given)
    if option is not None:
        return f"with {option} only a part of the source is read"
    return "a part of the source could not be read" if spool.rejections else None


def _send(client: Client, name: str, spool: Spool, found: Comparison) -> dict[str, Any]:
    parameters = {
        "event_id": f"reconcile-{name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}",
        "producer": f"lineage-reconcile/{name}",
        "mode": "atomic",
    }
    lines = (orjson.dumps(document) + b"\n" for document in _mending(name, spool, found))
    return client.send_stream(lines, parameters)


def _mending(name: str, spool: Spool, found: Comparison) -> Iterator[RecordDocument]:
    """What the source says where the registry says otherwise, as of now: it must hold over what was said before."""
    wanted = set(found.lines)
    for number, document in spool.numbered():
        if number in wanted:
            dated = {"event_id", "event_time"}
            when = "true_to" if document.get("op") == "delete" else "true_from"
            began = {when: document["event_time"]} if "event_time" in document else {}
            yield began | {key: value for key, value in document.items() if key not in dated}
    reason = f"{name} no longer has it."
    for urn in (*found.missing_there, *(old for old, _ in found.renamed)):
        yield {"entity": urn.split(":", 3)[2], "urn": urn, "op": "delete", "reason": reason}
    for relation, downstream, upstream, role in found.edges_there:
        if _can_be_named(relation):
            attributes = {"attributes": {"role": role}} if role else {}
            ended = {"edge": relation, "from": downstream, "to": upstream, "op": "delete", "reason": reason}
            yield ended | attributes


def _can_be_named(relation: str) -> bool:
    """Whether what is told of an edge names it: parallel edges may differ in what the answers do not tell."""
    return set(RELATIONS[relation].discriminators) <= {"role", "slice"}


def _answer(name: str, where: str, spool: Spool, found: Comparison, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    mended = sent is not None
    left = [*found.orphaned, *(edge for edge in found.edges_there if not _can_be_named(edge[0]))]
    return {
        "source": name,
        "where": where,
        "compared": found.compared,
        "differences": found.differences,
        "missing_here": found.missing_here,
        "differing": [
            {"urn": item.urn, "field": item.field, "here": item.here, "there": item.there} for item in found.differing
        ],
        "missing_there": found.missing_there,
        "edges_missing_there": [
            {"relation": relation, "from": downstream, "to": upstream, "role": role}
            for relation, downstream, upstream, role in found.edges_there
        ],
        "renamed": [{"from": old, "to": new} for old, new in found.renamed],
        "orphaned": found.orphaned,
        "rejected": [{"where": item.where, "reason": item.reason, "message": item.message} for item in spool.rejected],
        "repaired": mended,
        "event_id": sent["event_id"] if sent is not None else None,
        "ok": not spool.rejections and (not found.differences or (mended and not left)),
        "left": len(left),
    }
