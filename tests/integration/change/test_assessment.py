"""What a person is told before a change: everybody behind it, by name, why, and what to validate again."""

from __future__ import annotations

from typing import Any

import pytest

from graph_schema.times import now_micros
from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.lineage.answer import Certainty, Reason
from registry.lineage.change.asked import Change, ChangeKind
from registry.lineage.request import NodeFilter

RETIRE = Change(ChangeKind.RETIRE)
DROP = Change(ChangeKind.DROP_COLUMN, column="amount")


@pytest.fixture
def shop(world: Any) -> Any:
    """orders v1 to v3: fraud v7 trained on v3 and serves checkout, churn on nobody knows which, old v1 on v2."""
    say, entity, edge = world.say, world.entity, world.edge
    say(
        *(entity(f"DatasetVersion:orders:v{number}") for number in (1, 2, 3)),
        edge("USED", "Run:812", "DatasetVersion:orders:v3", role="train", evidence="observed"),
        edge("GENERATED_BY", "ModelVersion:fraud:7", "Run:812", evidence="observed"),
        edge("DEPLOYS", "Deployment:checkout", "ModelVersion:fraud:7"),
        edge("SERVED_BY", "Endpoint:pay", "Deployment:checkout"),
        edge("USED", "Run:900", "Dataset:orders", role="train"),
        edge("GENERATED_BY", "ModelVersion:churn:1", "Run:900"),
        edge("USED", "Run:700", "DatasetVersion:orders:v2", role="train"),
        edge("GENERATED_BY", "ModelVersion:old:1", "Run:700"),
        edge("EVALUATED_ON", "Evaluation:auc", "DatasetVersion:orders:v3"),
        edge("EVALUATES", "Evaluation:auc", "ModelVersion:old:1"),
        edge("EVALUATES", "Evaluation:drift", "ModelVersion:fraud:7"),
        edge("EVALUATED_ON", "Evaluation:untouched", "DatasetVersion:orders:v2"),
        edge("EVALUATES", "Evaluation:untouched", "ModelVersion:old:1"),
        {"entity": "Deployment", "urn": world.urn("Deployment:checkout"), "owners": [world.urn("Team:payments")]},
    )
    return world


def test_everybody_is_told_why(shop: Any) -> None:
    assessment = shop.assess("DatasetVersion:orders:v3", RETIRE)
    assert shop.verdicts(assessment) == {
        "Endpoint:pay": ("certain", "retire-pinned"),
        "Deployment:checkout": ("certain", "retire-pinned"),
        "ModelVersion:fraud:7": ("certain", "retire-pinned"),
        "Run:812": ("certain", "retire-pinned"),
        "ModelVersion:churn:1": ("possible", "retire-may-use-it"),
        "Run:900": ("possible", "retire-may-use-it"),
        "Run:700": ("safe", "pinned-elsewhere"),
    }  # nobody walks on behind who uses another version
    assert (assessment.certain, assessment.possible, assessment.safe) == (4, 2, 1)
    assert (assessment.completeness.total, assessment.completeness.complete) == (7, True)
    checkout = shop.item(assessment, "Deployment:checkout")
    assert checkout.reason == (
        "checkout comes after run 812. run 812 uses exactly orders v3, which will not be there any more."
    )
    assert checkout.item.summary == (
        "checkout serves fraud v7 since 1 June 2026 (declared), which was trained by run 812 on orders v3 (observed)."
    )
    assert checkout.through is not None
    assert checkout.through.label == "812"
    assert [owner.name for owner in checkout.item.owners] == ["payments"]
    assert checkout.item.standing.live
    churn = shop.item(assessment, "ModelVersion:churn:1")
    assert churn.reason == (
        "churn v1 comes after run 900. run 900 takes a version that nobody recorded; that may be orders v3, which will "
        "not be there any more."
    )
    assert [shop.name(step.node.urn) for step in churn.item.path] == [
        "DatasetVersion:orders:*", "Run:900", "ModelVersion:churn:1",
    ]  # fmt: skip
    assert shop.item(assessment, "Run:700").reason == "run 700 uses exactly orders v2, which stays as it is."
    assert {shop.name(node.urn) for node in assessment.changed} == {
        "DatasetVersion:orders:v3", "DatasetVersion:orders:*",
    }  # fmt: skip


def test_the_worst_comes_first_and_of_it_what_matters_most(shop: Any) -> None:
    items = shop.assess("DatasetVersion:orders:v3", RETIRE).items
    verdicts = [item.verdict.value for item in items]
    assert verdicts == sorted(verdicts, key=["certain", "possible", "safe"].index)
    assert {item.item.node.kind for item in items[:2]} == {"Endpoint", "Deployment"}


def test_models_and_evaluations_are_named_that_no_longer_hold(shop: Any) -> None:
    assessment = shop.assess("DatasetVersion:orders:v3", RETIRE)
    assert [shop.name(item.item.node.urn) for item in assessment.models] == [
        "ModelVersion:fraud:7", "ModelVersion:churn:1",
    ]  # fmt: skip
    found = {shop.name(item.evaluation.urn): item for item in assessment.evaluations}
    assert {name: item.verdict.value for name, item in found.items()} == {
        "Evaluation:auc": "certain", "Evaluation:drift": "certain",
    }  # fmt: skip
    assert found["Evaluation:auc"].reason == "auc uses exactly orders v3, which will not be there any more."
    assert found["Evaluation:auc"].data == shop.urn("DatasetVersion:orders:v3")
    assert found["Evaluation:drift"].reason.startswith("drift is a result of fraud v7: fraud v7 comes after run 812.")


def test_an_identical_rebuild_leaves_nothing_to_do(world: Any) -> None:
    world.say(
        world.entity("DatasetVersion:orders:v3", digest="sha256:aa", digest_coverage="full"),
        world.edge("USED", "Run:812", "DatasetVersion:orders:v3", role="train"),
        world.edge("GENERATED_BY", "ModelVersion:fraud:7", "Run:812"),
        world.edge("EVALUATED_ON", "Evaluation:auc", "DatasetVersion:orders:v3"),
    )
    assessment = world.assess("DatasetVersion:orders:v3", Change(ChangeKind.REBUILD, digest="sha256:aa"))
    assert (assessment.certain, assessment.possible, assessment.safe) == (0, 0, 2)
    assert assessment.models == assessment.evaluations == ()
    fraud = world.item(assessment, "ModelVersion:fraud:7")
    assert fraud.reason.endswith("orders v3 comes out with the same digest, so run 812 is provably unaffected.")
    assert fraud.item.summary == "fraud v7 was trained by run 812 on orders v3 (declared)."
    assert fraud.item.node.certainty is Certainty.CERTAIN


def test_the_best_path_wins_and_the_weakest_link_on_it(world: Any) -> None:
    edge = world.edge
    world.say(
        world.entity("DatasetVersion:orders:v3"),
        edge("USED", "Run:reads", "DatasetVersion:orders:v3", role="input", columns=["amount"]),
        edge("USED", "Run:other", "DatasetVersion:orders:v3", role="input", columns=["country"]),
        edge("USED", "Run:silent", "DatasetVersion:orders:v3", role="input"),
        edge("GENERATED_BY", "DatasetVersion:clean:v1", "Run:other"),
        edge("DERIVED_FROM", "ModelVersion:safe:1", "DatasetVersion:clean:v1"),
        edge("GENERATED_BY", "ModelVersion:mixed:1", "Run:silent"),
        edge("DERIVED_FROM", "ModelVersion:mixed:1", "DatasetVersion:clean:v1"),
        edge("GENERATED_BY", "DatasetVersion:sums:v1", "Run:reads"),
        edge("USED", "Run:exact", "DatasetVersion:sums:v1", role="input"),
        edge("USED", "Run:vague", "Dataset:sums", role="input"),
        edge("GENERATED_BY", "ModelVersion:vague:1", "Run:vague"),
    )
    assessment = world.assess("DatasetVersion:orders:v3", DROP)
    verdicts = world.verdicts(assessment)
    assert verdicts["ModelVersion:safe:1"] == ("safe", "column-unused")
    assert verdicts["ModelVersion:mixed:1"] == ("possible", "columns-not-recorded")
    assert verdicts["Run:exact"] == ("certain", "column-dropped")
    assert verdicts["ModelVersion:vague:1"] == ("possible", "version-open-on-the-way")
    assert world.item(assessment, "ModelVersion:mixed:1").item.node.depth == 2
    assert "nobody recorded which version" in world.item(assessment, "ModelVersion:vague:1").reason


def test_two_uses_by_one_consumer_count_by_the_worse(world: Any) -> None:
    world.say(
        world.entity("DatasetVersion:orders:v3"),
        world.edge("USED", "Run:both", "DatasetVersion:orders:v3", role="input", slice="a", columns=["country"]),
        world.edge("USED", "Run:both", "DatasetVersion:orders:v3", role="input", slice="b", columns=["amount"]),
    )
    assert world.verdicts(world.assess("DatasetVersion:orders:v3", DROP)) == {"Run:both": ("certain", "column-dropped")}


def test_a_slice_changes_with_its_version_and_a_whole_may_with_its_slice(world: Any) -> None:
    edge = world.edge
    world.say(
        edge("SLICE_OF", "DataSlice:may", "DatasetVersion:orders:v3"),
        edge("SLICE_OF", "DataSlice:june", "DatasetVersion:orders:v3"),
        edge("USED", "Run:of-may", "DataSlice:may", role="train"),
        edge("USED", "Run:of-june", "DataSlice:june", role="train"),
        edge("USED", "Run:of-all", "DatasetVersion:orders:v3", role="train"),
    )
    certain = ("certain", "retire-pinned")
    whole = world.assess("DatasetVersion:orders:v3", RETIRE)
    assert world.verdicts(whole) == {"Run:of-may": certain, "Run:of-june": certain, "Run:of-all": certain}
    assert {world.name(node.urn) for node in whole.changed} >= {"DataSlice:may", "DataSlice:june"}
    part = world.assess("DataSlice:may", RETIRE)
    assert world.verdicts(part) == {
        "Run:of-may": certain, "Run:of-all": ("possible", "version-open-on-the-way"),
    }  # fmt: skip


def test_a_floating_consumer_of_another_version_may_get_what_changes(world: Any) -> None:
    """Its edge ends at the version that it got last; what is behind it is found all the same."""
    world.say(
        world.entity("DatasetVersion:orders:v2"),
        world.entity("DatasetVersion:orders:v3"),
        world.edge("USED", "Run:nightly", "DatasetVersion:orders:v2", role="train", version_is="floating"),
        world.edge("GENERATED_BY", "ModelVersion:fraud:7", "Run:nightly"),
        world.edge("DEPLOYS", "Deployment:checkout", "ModelVersion:fraud:7"),
    )
    moves = ("possible", "retire-moves")
    newest = world.assess("DatasetVersion:orders:v3", RETIRE)
    assert world.verdicts(newest) == {"Run:nightly": moves, "ModelVersion:fraud:7": moves, "Deployment:checkout": moves}
    older = world.assess("DatasetVersion:orders:v2", RETIRE)
    assert set(world.verdicts(older).values()) == {("safe", "passes-by")}


def test_a_version_that_was_made_from_the_one_that_goes_is_affected_itself(world: Any) -> None:
    world.say(
        world.edge("DERIVED_FROM", "DatasetVersion:orders:v4", "DatasetVersion:orders:v3"),
        world.edge("USED", "Run:newer", "DatasetVersion:orders:v4", role="train"),
        world.entity("DatasetVersion:orders:v2"),
        world.edge("USED", "Run:older", "DatasetVersion:orders:v2", role="train"),
    )
    certain = ("certain", "retire-pinned")
    assert world.verdicts(world.assess("DatasetVersion:orders:v3", RETIRE)) == {
        "DatasetVersion:orders:v4": certain, "Run:newer": certain, "Run:older": ("safe", "pinned-elsewhere"),
    }  # fmt: skip


def test_two_names_of_one_thing_change_together(world: Any) -> None:
    world.say(
        world.entity("DatasetVersion:orders:v3"),
        world.edge("SAME_AS", "DatasetVersion:orders-copy:1", "DatasetVersion:orders:v3", rule="digest"),
        world.edge("USED", "Run:copy", "DatasetVersion:orders-copy:1", role="train"),
    )
    assert world.verdicts(world.assess("DatasetVersion:orders:v3", RETIRE)) == {
        "Run:copy": ("certain", "retire-pinned")
    }


def test_an_alias_says_who_gets_another_model(world: Any) -> None:
    signature = {"inputs": [{"name": "amount", "type": "long"}], "outputs": [{"name": "score", "type": "double"}]}
    edge = world.edge
    world.say(
        world.entity("ModelVersion:fraud:7", digest="sha256:aa", model_signature=signature),
        world.entity("ModelVersion:fraud:8", digest="sha256:bb", model_signature=signature),
        edge("POINTS_TO", "Alias:fraud@champion", "ModelVersion:fraud:7"),
        edge("POINTS_TO", "Alias:fraud@challenger", "ModelVersion:fraud:8"),
        edge("DEPLOYS", "Deployment:by-alias", "Model:fraud", version_is="floating", version_constraint="champion"),
        edge("DEPLOYS", "Deployment:resolved", "ModelVersion:fraud:7", version_constraint="champion"),
        edge("DEPLOYS", "Deployment:other", "Model:fraud", version_is="floating", version_constraint="challenger"),
        edge("DEPLOYS", "Deployment:pinned", "ModelVersion:fraud:7"),
        edge("PART_OF", "ModelArtifact:fraud-7.onnx", "ModelVersion:fraud:7"),
        edge("DEPLOYS", "Deployment:by-file", "ModelArtifact:fraud-7.onnx"),
        edge("RELIES_ON", "AISystem:payments", "Model:fraud"),
    )
    replaced = world.assess("ModelVersion:fraud:7", Change(ChangeKind.REPLACE_MODEL, to="8"))
    follows, pinned = ("possible", "model-follows"), ("safe", "model-pinned")
    assert world.verdicts(replaced) == {
        "Deployment:by-alias": follows,
        "Deployment:resolved": follows,
        "AISystem:payments": ("possible", "model-version-open"),
        "Deployment:pinned": pinned,
        "Deployment:by-file": pinned,
        "Deployment:other": ("safe", "passes-by"),
    }
    retired = world.verdicts(world.assess("ModelVersion:fraud:7", RETIRE))
    assert retired["Deployment:by-file"] == retired["Deployment:pinned"] == ("certain", "retire-pinned")
    assert retired["Deployment:by-alias"] == ("certain", "retire-nothing-left")


def test_a_program_that_depends_on_a_model_is_told_of_its_replacement(world: Any) -> None:
    world.say(
        world.entity("ModelVersion:fraud:7"),
        world.entity("ModelVersion:fraud:8"),
        world.edge("DEPENDS_ON", "Run:scoring", "ModelVersion:fraud:*", version_is="floating"),
    )
    retired = world.assess("ModelVersion:fraud:8", RETIRE)
    assert world.verdicts(retired) == {"Run:scoring": ("possible", "retire-moves")}


@pytest.fixture
def table(world: Any) -> Any:
    """orders v2 and v3 share their columns; total was made from amount, place from country; v1 has no schema."""
    edge = world.edge
    world.say(
        *(world.entity(f"DatasetVersion:orders:v{number}") for number in (1, 2, 3)),
        edge("HAS_SCHEMA", "DatasetVersion:orders:v3", "DataSchema:orders"),
        world.entity("Field:orders.amount", data_type="int32", nullable=False),
        world.entity("Field:orders.country", data_type="string"),
        edge("FIELD_OF", "Field:orders.amount", "DataSchema:orders"),
        edge("FIELD_OF", "Field:orders.country", "DataSchema:orders"),
        edge("DERIVED_FROM", "Field:report.total", "Field:orders.amount"),
        edge("DERIVED_FROM", "Field:report.place", "Field:orders.country"),
        edge("COMPUTED_FROM", "FeatureVersion:spent:1", "Field:orders.amount"),
        edge("USED", "Run:reads", "DatasetVersion:orders:v3", role="train", columns=["Amount"]),
        edge("USED", "Run:trains", "DatasetVersion:orders:v3", role="train"),
    )
    return world


def test_a_column_is_followed_to_the_columns_and_features_made_from_it(table: Any) -> None:
    verdicts = table.verdicts(table.assess("DatasetVersion:orders:v3", DROP))
    dropped = ("certain", "column-dropped")
    assert verdicts["Field:report.total"] == verdicts["FeatureVersion:spent:1"] == verdicts["Run:reads"] == dropped
    assert verdicts["Field:report.place"] == ("safe", "column-unused")
    assert verdicts["Run:trains"] == ("possible", "columns-not-recorded")


def test_a_column_by_its_own_name_is_the_same_question(table: Any) -> None:
    by_name = table.verdicts(table.assess("DatasetVersion:orders:v3", DROP))
    by_urn = table.verdicts(table.assess("Field:orders.amount", Change(ChangeKind.DROP_COLUMN)))
    assert by_urn == {name: verdict for name, verdict in by_name.items() if name in by_urn}
    assert by_urn.keys() >= {"Field:report.total", "FeatureVersion:spent:1", "Run:reads", "Run:trains"}


def test_a_column_that_other_data_share_may_only_be_theirs(table: Any) -> None:
    table.say(
        table.edge("HAS_SCHEMA", "DatasetVersion:orders:v2", "DataSchema:orders"),
        table.edge("USED", "Run:older", "DatasetVersion:orders:v2", role="train", columns=["amount"]),
    )
    verdicts = table.verdicts(table.assess("DatasetVersion:orders:v3", DROP))
    assert verdicts["Field:report.total"] == ("possible", "column-dropped-version-open")
    assert verdicts["Run:reads"] == ("certain", "column-dropped")
    assert verdicts["Run:older"] == ("safe", "pinned-elsewhere")
    both = table.verdicts(table.assess("DataSchema:orders", DROP))
    assert both["Run:older"] == both["Run:reads"] == both["Field:report.total"] == ("certain", "column-dropped")


def test_from_the_next_version_on_who_is_pinned_keeps_what_there_is(table: Any) -> None:
    table.say(
        table.edge(
            "USED", "Run:nightly", "Dataset:orders", role="train", version_is="floating", columns=["amount", "day"]
        ),
        table.edge("USED", "Run:guess", "Dataset:orders", role="train", columns=["amount"]),
    )
    verdicts = table.verdicts(table.assess("Dataset:orders", DROP))
    assert verdicts["Run:reads"] == verdicts["Run:trains"] == ("safe", "pinned-elsewhere")
    assert verdicts["Run:nightly"] == ("certain", "column-dropped")
    assert verdicts["Run:guess"] == ("possible", "column-dropped-version-open")


def test_a_signature_tells_which_columns_a_model_takes(table: Any) -> None:
    takes = {"inputs": [{"name": "amount", "type": "integer"}], "outputs": [{"name": "score", "type": "double"}]}
    table.say(
        table.entity("ModelVersion:fraud:7", model_signature=takes),
        table.edge("GENERATED_BY", "ModelVersion:fraud:7", "Run:trains"),
    )
    dropped = table.verdicts(table.assess("DatasetVersion:orders:v3", DROP))
    assert dropped["Run:trains"] == dropped["ModelVersion:fraud:7"] == ("certain", "column-dropped")
    wider = Change(ChangeKind.RETYPE_COLUMN, column="amount", data_type="decimal(20,4)")
    retyped = table.verdicts(table.assess("DatasetVersion:orders:v3", wider))
    assert retyped["Run:reads"] == ("safe", "type-widened")
    assert retyped["Run:trains"] == (
        "certain",
        "type-breaks",
    )  # every old value fits, but not into what the model takes


@pytest.mark.parametrize(
    ("column", "nullable", "expected"),
    [
        ("amount", True, ("possible", "type-cannot-tell")),
        ("amount", False, ("safe", "type-widened")),
        ("country", True, ("safe", "column-unused")),
    ],
)
def test_a_column_that_begins_to_miss_values_may_break_who_reads_it(
    table: Any, column: str, nullable: bool, expected: tuple[str, str]
) -> None:
    change = Change(ChangeKind.RETYPE_COLUMN, column=column, nullable=nullable)
    assert table.verdicts(table.assess("DatasetVersion:orders:v3", change))["Run:reads"] == expected


def test_the_contract_of_a_source_has_columns_too(world: Any) -> None:
    world.say(
        world.entity("TelemetrySchema:engine:2", fields={"rpm": {"type": "int32"}, "heat": "float"}),
        world.edge("COMPUTED_FROM", "FeatureVersion:load:1", "TelemetrySchema:engine:2", columns=["rpm"]),
        world.edge("COMPUTED_FROM", "FeatureVersion:warm:1", "TelemetrySchema:engine:2", columns=["heat"]),
    )
    change = Change(ChangeKind.RETYPE_COLUMN, column="rpm", data_type="int16")
    assert world.verdicts(world.assess("TelemetrySchema:engine:2", change)) == {
        "FeatureVersion:load:1": ("certain", "type-breaks"),
        "FeatureVersion:warm:1": ("safe", "column-unused"),
    }


def test_a_library_constraint_counts_before_the_version_that_was_found(world: Any) -> None:
    edge = world.edge
    world.say(
        world.entity("LibraryVersion:left-pad:1.3.0", purl="pkg:npm/left-pad@1.3.0"),
        edge("DEPENDS_ON", "Container:caret", "LibraryVersion:left-pad:1.3.0", constraint="^1.2"),
        edge("DEPENDS_ON", "Container:any", "LibraryVersion:left-pad:1.3.0", constraint=">=1"),
        edge("DEPENDS_ON", "Container:pin", "LibraryVersion:left-pad:1.3.0", constraint="=1.3.0"),
        edge("DEPENDS_ON", "Container:found", "LibraryVersion:left-pad:1.3.0"),
        edge("EXECUTED_IN", "Deployment:checkout", "Container:caret"),
    )
    upgraded = world.assess("LibraryVersion:left-pad:1.3.0", Change(ChangeKind.UPGRADE, to="2.0.0"))
    pinned = ("safe", "upgrade-pinned")
    assert world.verdicts(upgraded) == {
        "Container:caret": ("certain", "upgrade-refused"),
        "Deployment:checkout": ("certain", "upgrade-refused"),
        "Container:any": ("possible", "upgrade-allowed"),
        "Container:pin": pinned,
        "Container:found": pinned,
    }
    minor = world.verdicts(world.assess("Library:left-pad", Change(ChangeKind.UPGRADE, to="1.4.0")))
    assert minor["Container:caret"] == minor["Deployment:checkout"] == ("possible", "upgrade-allowed")


def test_a_source_that_stops_starves_its_features_and_spares_what_it_sent(world: Any) -> None:
    edge = world.edge
    world.say(
        edge("COMPUTED_FROM", "FeatureVersion:load:1", "TelemetrySchema:engine:2"),
        edge("USES_FEATURE", "ModelVersion:wear:1", "FeatureVersion:load:1"),
        edge("INSTANCE_OF", "TelemetryBatch:monday", "TelemetrySchema:engine:2"),
        edge("USED", "Run:monday", "TelemetryBatch:monday", role="train"),
    )
    assert world.verdicts(world.assess("TelemetrySource:engine", Change(ChangeKind.TAKE_OFFLINE))) == {
        "FeatureVersion:load:1": ("certain", "offline-pinned"),
        "ModelVersion:wear:1": ("certain", "offline-pinned"),
        "Run:monday": ("safe", "offline-sent-before"),
    }


def test_only_what_is_asked_for_is_reported_and_counted(shop: Any) -> None:
    models = shop.assess("DatasetVersion:orders:v3", RETIRE, report=NodeFilter(kinds=("ModelVersion",)))
    assert set(shop.verdicts(models)) == {"ModelVersion:fraud:7", "ModelVersion:churn:1"}
    assert (models.certain, models.possible, models.safe) == (1, 1, 0)
    assert shop.verdicts(shop.assess("DatasetVersion:orders:v3", RETIRE, kinds=("ModelVersion",))) == shop.verdicts(
        models
    )


def test_an_answer_that_is_cut_says_so(shop: Any) -> None:
    first = shop.assess("DatasetVersion:orders:v3", RETIRE, limit=2)
    assert len(first.items) == 2
    assert (first.certain, first.completeness.complete) == (4, False)
    assert first.completeness.reasons == (Reason.SIZE,)
    assert {item.verdict.value for item in first.items} == {"certain"}
    shallow = shop.assess("DatasetVersion:orders:v3", RETIRE, depth=1)
    assert "ModelVersion:fraud:7" not in shop.verdicts(shallow)
    assert Reason.DEPTH in shallow.completeness.reasons
    few = shop.assess("DatasetVersion:orders:v3", RETIRE, max_walked=2)
    assert Reason.SIZE in few.completeness.reasons


def test_it_is_judged_as_it_was_recorded_then(shop: Any) -> None:
    shop.write()
    before = now_micros()
    shop.say(shop.edge("USED", "Run:new", "DatasetVersion:orders:v3", role="train"))
    now = shop.assess("DatasetVersion:orders:v3", RETIRE)
    then = shop.assess("DatasetVersion:orders:v3", RETIRE, known_at=before)
    assert shop.verdicts(now).keys() - shop.verdicts(then).keys() == {"Run:new"}
    assert then.certain == now.certain - 1


def test_the_same_question_has_the_same_answer(shop: Any) -> None:
    first = shop.assess("DatasetVersion:orders:v3", RETIRE)
    second = shop.assess("DatasetVersion:orders:v3", RETIRE)
    assert first.items == second.items
    assert first.evaluations == second.evaluations


def test_nothing_is_written(shop: Any) -> None:
    shop.write()
    count = "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r), sum(n.recorded_from)"
    before = shop.database.read_text(count)
    shop.assess("DatasetVersion:orders:v3", RETIRE)
    assert shop.database.read_text(count) == before


@pytest.mark.parametrize(
    ("name", "change", "error", "said"),
    [
        ("DatasetVersion:orders:v9", RETIRE, NotFoundError, "no DatasetVersion orders of that version"),
        ("DatasetVersion:orders:*", RETIRE, InvalidRequestError, "not known which version"),
        ("Run:812", RETIRE, InvalidRequestError, "cannot be changed by retire"),
        ("DatasetVersion:orders:v3", Change(ChangeKind.DROP_COLUMN), InvalidRequestError, "needs column"),
        ("ModelVersion:fraud:7", Change(ChangeKind.REPLACE_MODEL, to="7"), InvalidRequestError, "replace itself"),
        ("ModelVersion:fraud:7", Change(ChangeKind.REPLACE_MODEL, to="99"), NotFoundError, "Nothing is recorded as"),
        ("ModelVersion:fraud:7", Change(ChangeKind.REPLACE_MODEL, to="urn:x"), InvalidUrnError, "not a model version"),
        (
            "ModelVersion:fraud:7",
            Change(ChangeKind.REPLACE_MODEL, to="urn:lineage:Team:a:b"),
            InvalidRequestError,
            "has to be a model version",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    shop: Any, name: str, change: Change, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        shop.assess(name, change)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(table: Any) -> None:
    with pytest.raises(InvalidRequestError, match="has no column 'amuont'") as refused:
        table.assess("DatasetVersion:orders:v3", Change(ChangeKind.DROP_COLUMN, column="amuont"))
    assert refused.value.hint == "Its columns: amount, country."


def test_an_upgrade_to_itself_is_refused(world: Any) -> None:
    world.say(world.entity("LibraryVersion:numpy:2.0"))
    with pytest.raises(InvalidRequestError, match="is that version already"):
        world.assess("LibraryVersion:numpy:2.0", Change(ChangeKind.UPGRADE, to="2.0"))


def test_one_change_is_about_one_thing(shop: Any) -> None:
    with pytest.raises(InvalidRequestError, match="about one thing"):
        shop.assess("DatasetVersion:orders:v3", RETIRE, also=(shop.urn("DatasetVersion:orders:v2"),))
    with pytest.raises(InvalidRequestError, match="no selector"):
        shop.assess("Dataset:orders", RETIRE, versions="latest")
