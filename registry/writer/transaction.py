"""One batch, one transaction: events, entities, edges, what follows from them, and what was found on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from neo4j import ManagedTransaction

from graph_schema.core import Family
from graph_schema.times import OPEN
from graph_schema.urn import asset_of, parse_urn
from registry.audit.append import append
from registry.errors import EventConflictError, InvalidRecordError
from registry.permission.cause import current_cause
from registry.permission.stored import Stored
from registry.records import ERASED, Batch, Finding, Severity
from registry.secrecy.vault import Vault
from registry.validation.content import RuleSet
from registry.writer import statements
from registry.writer.chains import create_derived, update_chains
from registry.writer.cycles import LINEAGE_FAMILIES, find_cycles
from registry.writer.edges import EdgePlan, Ends, execute_plan, plan_edges
from registry.writer.entities import EntityOutcome, create_named, read_ends, revive, write_entities
from registry.writer.ledger import acts_beside, record_changes
from registry.writer.permits import Permits
from registry.writer.pipe import Pipe
from registry.writer.scopes import keep_scopes
from registry.writer.standing import settle
from registry.writer.touched import Identity
from registry.writer.turn import Turn
from registry.writer.written import Fates, Name, Written

Compose = Callable[[Pipe, Turn], Batch]
"""Makes a batch from what the database says in this transaction, in which nobody else writes meanwhile."""


def write_batch(
    tx: ManagedTransaction,
    compose: Compose,
    rules: RuleSet,
    now: int,
    *,
    vault: Vault,
    permits: Permits,
    begun: Callable[[int], None],
) -> Written:
    """Write everything, or raise and write nothing. ``begun`` is told the recorded time before anything commits.

    Raises EventConflictError, InvalidRecordError where content breaks a rule or a version chain a circle,
    PermissionDeniedError and SandboxBoundaryError where who asked may not write it, and EncryptionKeyMissingError where it
    is sensitive and there is no key.
    """
    turn = Turn(*tx.run(statements.TAKE_CLOCK, now=now).single(strict=True))
    sequence, recorded = turn.sequence, turn.recorded_at
    begun(recorded)
    pipe = Pipe(tx)
    batch = vault.blind(pipe, compose(pipe, turn))
    replayed = _replayed(batch, pipe.ask_aside((statements.FIND_EVENTS, {"ids": sorted(batch.events)}))[0])
    fresh = batch.without_events(set(replayed)) if replayed else batch
    if not fresh.events:
        pipe.flush()
        if acts := acts_beside(pipe):
            append(tx, acts, recorded)
        return Written(sequence, recorded, replayed=replayed, unchanged=len(batch.records))
    settled = settle(pipe, fresh, vault) if turn.standing else fresh
    stored = _look_up(pipe, settled)
    hidden = frozenset[str]() if fresh.permitted else permits.check(fresh, stored.known)
    settled = vault.seal(pipe, settled, stored.entities)
    step = _Step(pipe, settled, stored, rules, recorded)
    step.replayed = replayed
    step.run()
    step.placeholders |= hidden  # so that an answer never tells what is hidden from what is missing
    written = _written(turn, batch, fresh, step)
    _record_events(pipe, settled, written)
    record_changes(pipe, settled, turn)
    pipe.flush()
    return written


def _written(turn: Turn, batch: Batch, fresh: Batch, step: _Step) -> Written:
    entities, edges = step.entities, step.plan.outcome
    fates = Fates(
        frozenset[Name](entities.created | edges.created),
        frozenset[Name](entities.changed | edges.changed),
        frozenset[Name](entities.unchanged | edges.unchanged),
        frozenset(step.placeholders),
    )
    return Written(
        turn.sequence,
        turn.recorded_at,
        records=len(fresh.records),
        created=len(fates.created),
        changed=len(fates.changed),
        unchanged=len(fates.unchanged) + len(batch.records) - len(fresh.records),
        placeholders=len(step.placeholders),
        replayed=step.replayed,
        findings=tuple(step.findings),
        fates=fates,
        scopes=frozenset(step.pipe.touched.scopes),
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """What was there before: the entities that a batch speaks of, the others that it names, and the scopes of all."""

    entities: dict[str, dict[str, Any]]
    ends: Ends
    scopes: dict[str, str | None]

    def known(self) -> dict[str, Stored]:
        """Of each, its scope and whether it is there now."""
        present = {urn: item["recorded_to"] == OPEN for urn, item in self.entities.items()}
        present |= {urn: visible for urn, (visible, _) in self.ends.items()}
        return {urn: Stored(scope, present[urn]) for urn, scope in self.scopes.items()}


def _look_up(pipe: Pipe, batch: Batch) -> _Stored:
    spoken = {record.urn for record in batch.entities()}
    named = {urn for edge in batch.edges() for urn in (edge.downstream, edge.upstream)}
    assets = {asset for urn in spoken | named if (asset := asset_of(urn)) is not None}
    entities, ends = pipe.ask_aside(
        (statements.FIND_ENTITIES, {"urns": sorted(spoken)}),
        (statements.FIND_ENDS, {"urns": sorted((named | assets) - spoken)}),
    )
    stored = {properties["urn"]: properties for properties in entities}
    scopes = {urn: scope for urn, _, _, scope in ends} | {urn: item.get("scope") for urn, item in stored.items()}
    return _Stored(stored, read_ends(ends), scopes)


def _replayed(batch: Batch, found: list[list[str]]) -> tuple[str, ...]:
    same = {name: (ERASED, event.digest, batch.plain_digests.get(name)) for name, event in batch.events.items()}
    other = [name for name, digest in found if digest not in same[name]]
    if other:
        errors = [
            {"line": batch.events[item].lines[0], "field": "/event_id", "rule": "event-conflict",
             "message": f"event {item} came before with other content"}
            for item in other[:20]
        ]  # fmt: skip
        raise EventConflictError(f"Event {other[0]!r} came before with other content.", errors=errors)
    return tuple(event_id for event_id, _ in found)


class _Step:
    """The work of one transaction, in order; each part reads what the one before left."""

    def __init__(self, pipe: Pipe, batch: Batch, stored: _Stored, rules: RuleSet, recorded: int) -> None:
        self.pipe, self.batch, self.stored, self.rules, self.recorded = pipe, batch, stored, rules, recorded
        self.entities = EntityOutcome()
        self.plan = EdgePlan()
        self.placeholders: set[str] = set()
        self.appeared: set[str] = set()
        self.made: set[str] = set()
        self.findings: list[Finding] = []
        self.replayed: tuple[str, ...] = ()

    def run(self) -> None:
        self.entities = write_entities(self.pipe, self.batch.entities(), self.stored.entities, self.recorded)
        self.findings.extend(self.entities.findings)
        self.made |= self.entities.new
        self.appeared |= self.entities.appeared
        if self.entities.retracted:  # their edges are closed, which what follows must see
            self.pipe.flush()
        ends = self.entities.known | self.stored.ends
        self.plan = plan_edges(self.pipe, self.batch.edges(), ends, self.entities.new, self.recorded)
        self._make_ends(ends)
        execute_plan(self.pipe, self.plan, self.recorded)
        self._join_assets()
        self._find_cycles()
        self._check_rules()

    def _make_ends(self, ends: Ends) -> None:
        missing = self.plan.shown_ends - set(ends)
        self._create(missing, placeholder=True, visible=True)
        self.placeholders |= missing
        self._create(self.plan.hidden_ends - set(ends) - missing, placeholder=True, visible=False)
        hidden = sorted(urn for urn in self.plan.shown_ends & set(ends) if not ends[urn][0])
        if hidden:
            revive(self.pipe, hidden, self.recorded)
            self.placeholders.update(hidden)
        self.appeared |= missing | set(hidden)

    def _create(self, urns: set[str], *, placeholder: bool, visible: bool) -> None:
        if urns:
            create_named(self.pipe, urns, self.recorded, placeholder=placeholder, visible=visible)
            self.made |= urns

    def _join_assets(self) -> None:
        """Tie versions to their assets, and put the chains of every asset that this touches in order."""
        joined = {urn: asset for urn in self.appeared if (asset := asset_of(urn)) is not None}
        assets = set(joined.values())
        known = self.entities.known | self.stored.ends
        self._create(assets - set(known) - self.made, placeholder=False, visible=True)
        hidden = sorted(urn for urn in assets & set(known) if not known[urn][0])
        if hidden:
            revive(self.pipe, hidden, self.recorded)
        pairs = [list(pair) for pair in sorted(joined.items())]
        create_derived(self.pipe, "VERSION_OF", Family.STRUCTURE, pairs, self.recorded)
        lines = {edge.downstream: edge.line for edge in self.batch.edges() if edge.relation == "REVISION_OF"}
        update_chains(self.pipe, self._touched_chains(joined, known), lines, self.recorded)
        keep_scopes(self.pipe, self.made, self.entities.present, joined, self.stored.scopes)

    def _touched_chains(self, joined: dict[str, str], known: Ends) -> set[str]:
        touched = {asset for asset in joined.values() if asset in known and asset not in self.entities.new}
        counted: dict[str, int] = {}
        for asset in joined.values():
            counted[asset] = counted.get(asset, 0) + 1
        touched |= {asset for asset, count in counted.items() if count > 1}
        outcome = self.plan.outcome
        moved = [
            urn
            for name, urn, _, _ in (*outcome.made, *outcome.closed, *self.entities.closed_edges)
            if name == "REVISION_OF"
        ]
        for urn in (*moved, *self.entities.reordered, *self.entities.retracted):
            its_asset = asset_of(urn)
            if its_asset is not None:
                touched.add(its_asset)
        return touched

    def _find_cycles(self) -> None:
        families = {edge.identity: edge.family for edge in self.batch.edges()}
        made = [item[1:3] for item in self.plan.outcome.made if families[item] in LINEAGE_FAMILIES]
        if made:
            self.findings.extend(find_cycles(self.pipe, made, self.made))
        self.findings.extend(_unknown_outputs(self.plan.outcome.made))

    def _check_rules(self) -> None:
        if not self.rules:
            return
        present = {urn: item for urn, item in self.entities.present.items() if item["recorded_to"] == OPEN}
        owned: set[str] = set()
        if self.rules.ask_for_owners and present:
            owned = set(self.pipe.ask(statements.FIND_OWNED, urns=sorted(present), open=OPEN, now=self.recorded))
        lines = {record.urn: record.line for record in self.batch.entities()}
        errors = []
        for urn, properties in sorted(present.items()):
            for finding in self.rules.check(properties, owned=urn in owned):
                if finding.severity is Severity.ERROR:
                    errors.append({"line": lines[urn], "field": "", "rule": finding.rule, "message": finding.message})
                else:
                    self.findings.append(finding)
        if errors:
            message = "Records break rules of this deployment."
            raise InvalidRecordError(message, errors=errors, error_count=len(errors))


def _unknown_outputs(made: Iterable[Identity]) -> list[Finding]:
    message = (
        "A run made it, but nobody said which version it is: what uses a known version of it is not in the impact of "
        "that run. Name the version that the run made."
    )
    urns = sorted(
        {urn for relation, urn, _, _ in made if relation == "GENERATED_BY" and parse_urn(urn).version_unknown}
    )
    return [Finding("unknown-output", Severity.WARNING, urn, message) for urn in urns]


def _record_events(pipe: Pipe, batch: Batch, written: Written) -> None:
    itself = current_cause()
    rows: list[dict[str, Any]] = [
        {
            "id": event.event_id,
            "digest": event.digest,
            "producer": event.producer,
            "records": len(event.lines),
            "recorded_at": written.recorded_at,
            "sequence": written.sequence,
            "by": batch.causes.get(event.event_id, itself).principal.identity,
        }
        for event in batch.events.values()
    ]
    pipe.write(statements.RECORD_EVENTS, rows=rows)
    if written.findings:
        causes = _causes(batch)
        first = next(iter(batch.events))
        found = [_finding_row(item, causes.get(item.urn, first), written.recorded_at) for item in written.findings]
        pipe.write(statements.RECORD_FINDINGS, rows=found)


def _causes(batch: Batch) -> dict[str, str]:
    """The event that first names each entity of a batch."""
    causes: dict[str, str] = {}
    for record in batch.records:
        for urn in record.urns:
            causes.setdefault(urn, record.source.stamp.event_id)
    return causes


def _finding_row(finding: Finding, event_id: str, recorded: int) -> dict[str, Any]:
    text = f"{finding.rule}\n{finding.urn}\n{finding.message}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return finding.as_json() | {"id": digest, "event_id": event_id, "recorded_at": recorded}
