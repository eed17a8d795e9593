"""Which attributes are sensitive, and under which name they are kept."""

from __future__ import annotations

import pytest

from graph_schema.catalogue import KINDS, properties_of
from registry.errors import ConfigurationError
from registry.secrecy.fields import SensitiveFields, plain_name, sealed_name


def test_the_vocabulary_marks_how_to_reach_somebody() -> None:
    fields = SensitiveFields()
    for kind in ("Person", "Team", "Service"):
        assert fields.attributes_of(kind) == {"contact"}
        assert fields.concern(kind, {"contact", "title"})
        assert not fields.concern(kind, {"title"})
    assert not fields.attributes_of("Dataset")


def test_a_deployment_names_more() -> None:
    fields = SensitiveFields("Dataset.description, Person.title,Job.facets.ownership,")
    assert fields.attributes_of("Dataset") == {"description"}
    assert fields.attributes_of("Person") == {"contact", "title"}
    assert fields.facets_of("Job") == {"ownership"}
    assert fields.concern("Job", {"facets"})
    assert not fields.concern("Run", {"facets"})


@pytest.mark.parametrize(
    "label",
    ["Dataset", "Dataset.nothing", "Nothing.title", "Dataset.facets", "DatasetVersion.digest", "Model.lifecycle"],
)
def test_what_cannot_be_sensitive_is_refused(label: str) -> None:
    with pytest.raises(ConfigurationError, match="LINEAGE_SENSITIVE_FIELDS"):
        SensitiveFields(label)


def test_sealed_names_are_nobody_elses() -> None:
    names = {item.name for kind in KINDS.values() for item in properties_of(kind)}
    assert all(plain_name(sealed_name(name)) == name for name in names)
    assert all(plain_name(name) is None for name in names)
