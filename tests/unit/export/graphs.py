"""Subgraphs to export: one made by hand that has everything, and generated ones with names nobody should have."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from graph_schema.catalogue import KINDS, RELATIONS
from graph_schema.times import parse_time
from graph_schema.urn import Urn
from registry.export.subgraph import ExportedEdge, ExportedEntity, Extent, Subgraph
from registry.lineage.state import EntityState

T = parse_time("2026-05-04T12:00:00Z")
EXTENT = Extent((), "upstream", None, None, T)
RUN_ID = "0190c3f2-5d0e-7c37-9a4e-0d9a1b2c3d4e"
CAME = {
    "_producer": "https://example.org/producer",
    "_schemaURL": "https://example.org/schema.json#/$defs/Odd",
    "deep": [1, {"x": None, "y": 2.5}],
}


def entity(
    kind: str,
    name: str,
    version: str | None = None,
    *,
    depth: int | None = None,
    unknown: bool = False,
    by: tuple[str, str] = ("e1", "test"),
    **more: Any,
) -> ExportedEntity:
    urn = Urn.of(kind, "demo", name, version, version_unknown=unknown)
    state = EntityState(
        str(urn), kind, "demo", name, version, unknown, False, dict(sorted(more.items())), T, None, T, None, by[0], T,
        by[1],
    )  # fmt: skip
    return ExportedEntity(state, depth, None if depth is None else "certain")


def edge(
    below: ExportedEntity, relation: str, above: ExportedEntity, /, *, walked: bool = False, **more: Any
) -> ExportedEdge:
    family = RELATIONS[relation].family_of(more.get("role")).value
    return ExportedEdge(
        below.urn, above.urn, relation, family, f"role={more['role']}" if "role" in more else "",
        {"evidence": "observed"} | more, "e1", T, "test", "api", True, T, None, T, walked,
    )  # fmt: skip


def graph(entities: list[ExportedEntity], edges: list[ExportedEdge], **extent: Any) -> Subgraph:
    ordered = sorted(entities, key=lambda one: one.urn)
    starts = tuple(one.urn for one in ordered if one.depth == 0)
    return Subgraph(
        tuple(ordered),
        tuple(sorted(edges, key=lambda one: one.order)),
        replace(EXTENT, starts=starts, **extent),
    )


def wine(**extent: Any) -> Subgraph:
    """A model, what it was made from, where it serves, and what is said of all that."""
    model = entity(
        "ModelVersion", "taster", "1", depth=1, algorithm="forest", digest=f"sha256:{'ab' * 32}", license="Apache-2.0",
        model_signature={"inputs": [{"name": "sugar", "type": "double"}], "outputs": [{"type": "long"}]},
    )  # fmt: skip
    asset = entity("Model", "taster", description="Tastes wine.", task="classification", tags=["demo", "wine"])
    base = entity("ModelVersion", "base", "v2", depth=2, digest="md5:no-hex", license="none of yours")
    run = entity(
        "Run", RUN_ID, depth=2, state="completed", started_at="2026-05-04T10:00:00Z", ended_at="2026-05-04T11:00:00Z",
        parameters={"trees": 100, "criterion": "gini"}, seed=7, activity="training",
    )  # fmt: skip
    job = entity("Job", "train", repository="https://example.org/wine.git", facets={"odd": CAME})
    v3 = entity(
        "DatasetVersion", "wine", "v3", depth=3, rows=178, size_bytes=2**40, uri="s3://bucket/wine data.csv",
        digest=f"sha256:{'cd' * 32}", facets={"odd": CAME, "ours": {"k": 1}}, created_at="2026-05-01T00:00:00.25Z",
    )  # fmt: skip
    raw = entity("DatasetVersion", "raw", depth=4, unknown=True)
    test = entity("DatasetVersion", "wine-test", "v1")
    dataset = entity("Dataset", "wine", title="Wine", sensitivity="internal", uri="https://example.org/wine")
    schema, raw_schema = entity("DataSchema", "wine/1"), entity("DataSchema", "raw/1")
    sugar = entity("Field", "wine.sugar", title="sugar", data_type="double", position=0)
    source = entity("Field", "raw.sucre", title="sucre", data_type="text")
    team = entity("Team", "cellar", contact="cellar@example.org")
    quality = entity("Evaluation", "f1-of-taster", metric="f1", value=0.9, interval_low=0.8)
    library = entity("LibraryVersion", "numpy", "2.1.0", purl="pkg:pypi/numpy@2.1.0")
    live = entity("Deployment", "tasting", depth=0, stage="production", traffic_share=0.5)
    alias = entity("Alias", "taster/champion")
    entities = [
        model, asset, base, run, job, v3, raw, test, dataset, schema, raw_schema, sugar, source, team, quality,
        library, live, alias,
    ]  # fmt: skip
    edges = [
        edge(live, "DEPLOYS", model, walked=True, traffic_share=0.5),
        edge(model, "GENERATED_BY", run, walked=True),
        edge(model, "DERIVED_FROM", base, walked=True, relation="finetune", confidence=0.75),
        edge(run, "USED", v3, walked=True, role="train", slice="split=train", columns=["sugar", "acid"]),
        edge(run, "USED", test, role="test"),
        edge(run, "INSTANCE_OF", job),
        edge(run, "OWNED_BY", team),
        edge(v3, "DERIVED_FROM", raw, walked=True),
        edge(v3, "VERSION_OF", dataset),
        edge(model, "VERSION_OF", asset),
        edge(dataset, "OWNED_BY", team, ownership="steward"),
        edge(v3, "HAS_SCHEMA", schema),
        edge(raw, "HAS_SCHEMA", raw_schema),
        edge(sugar, "FIELD_OF", schema),
        edge(source, "FIELD_OF", raw_schema),
        edge(sugar, "DERIVED_FROM", source, transformation="cast(sucre as double)"),
        edge(quality, "EVALUATES", model),
        edge(quality, "EVALUATED_ON", test),
        edge(model, "DEPENDS_ON", library, scope="run"),
        edge(alias, "POINTS_TO", model),
    ]
    return graph(entities, edges, **extent)


_CONTROL = re.compile("[\x00-\x1f\x7f]")
hostile = st.one_of(
    st.sampled_from(
        [
            "a/b:c",
            "q\"u'o`te",
            "]]>",
            "<!--",
            "--> x",
            "end",
            "🦆 duck",
            "%%{init: {}}%%",
            "a\\b",
            "1. list",
            "- item",
            "#35;",
            "&amp;<b>",
            "a;b|c[d](e){f}",
            "\u202egnp",
            "ﬂ°°35¶ß",
            "_:b",
            "x\u2028y",
            "e\u0301",
            "{{x}}",
            "$x",
            "*",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)
"""Texts that break what is not escaped; control characters are among them."""
names = hostile.map(lambda text: _CONTROL.sub("_", text).strip()).filter(bool)
"""What may be a name: not empty, no control characters, no white space around it."""
_JSON = st.dictionaries(
    hostile, st.one_of(st.none(), st.booleans(), hostile, st.integers(-(2**63), 2**63 - 1)), max_size=3
)


@st.composite
def entities(draw: st.DrawFn) -> ExportedEntity:
    kind = draw(st.sampled_from(list(KINDS)))
    version = draw(st.one_of(st.none(), names)) if KINDS[kind].versioned else None
    unknown = KINDS[kind].versioned and version is None
    attributes: dict[str, Any] = {}
    if draw(st.booleans()):
        attributes = {"title": draw(hostile), "description": draw(hostile), "tags": draw(st.lists(hostile, max_size=3))}
        attributes |= {"facets": draw(_JSON), "external_url": draw(hostile), "license": draw(hostile)}
    namespace = draw(names)
    urn = str(Urn.of(kind, namespace, draw_name := draw(names), version, version_unknown=unknown))
    state = EntityState(
        urn, kind, namespace, draw_name, version, unknown, draw(st.booleans()), dict(sorted(attributes.items())), T,
        None, T, None, draw(hostile), T, draw(hostile),
    )  # fmt: skip
    depth = draw(st.one_of(st.none(), st.integers(0, 3)))
    return ExportedEntity(state, depth, None if depth is None else draw(st.sampled_from(["certain", "possible"])))


@st.composite
def graphs(draw: st.DrawFn) -> Subgraph:
    """Subgraphs whose edges join what they may join, with cycles and parallel edges."""
    found = {one.urn: one for one in draw(st.lists(entities(), min_size=1, max_size=8))}
    pairs = [
        (below, relation, above)
        for below in found.values()
        for above in found.values()
        for relation in RELATIONS.values()
        if relation.joins(below.kind, above.kind)
    ]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=12, unique_by=id)) if pairs else []
    edges = {}
    for below, relation, above in chosen:
        role = draw(st.sampled_from(["train", "test", "input"])) if relation.name == "USED" else None
        more = {"slice": draw(hostile)} | ({"role": role} if role else {})
        made = edge(below, relation.name, above, walked=draw(st.booleans()), **more)
        edges[made.order] = made
    return graph(list(found.values()), list(edges.values()), reasons=draw(st.sampled_from([(), ("size",)])))
