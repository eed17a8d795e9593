"""How packages are named, whoever captures them: by the parts of their package URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from graph_schema.urn import Urn
from registry.capture.events import asset, entity, version
from registry.capture.source import RecordDocument

GENERIC = "generic"
"""The ecosystem of software that is of none."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package, or one version of it where ``version`` is known; ``purl`` names it as ecosystems do."""

    ecosystem: str
    name: str
    version: str | None
    purl: str

    def urn(self) -> Urn:
        """The version of the library, or some version, not known which. Raises UrnError."""
        return version("LibraryVersion", self.ecosystem, self.name, self.version)

    def entities(self, attributes: Mapping[str, Any] | None = None) -> list[RecordDocument]:
        """The statements that there are this library and this version of it."""
        unversioned = self.purl.split("?")[0].split("#")[0]
        if self.version is not None:
            unversioned = unversioned.rpartition("@")[0]
        library = entity(asset("Library", self.ecosystem, self.name), {"purl": unversioned})
        if self.version is None:
            return [library]
        return [library, entity(self.urn(), {"purl": self.purl} | dict(attributes or {}))]


def package(ecosystem: str, name: str, number: str | None) -> Package:
    """A package of an ecosystem such as ``pypi``, ``npm`` or ``conda``. Raises ValueError where that names nothing.

    Names of pypi are normalised; a scope or group stays in the name, as in ``@scope/name``.
    """
    if ecosystem == "pypi":
        name = canonicalize_name(name)
    group, _, last = name.rpartition("/")
    purl = PackageURL(type=ecosystem, namespace=group or None, name=last, version=number)
    return Package(purl.type, name, number or None, purl.to_string())


def of_purl(text: str) -> Package:
    """The package that a package URL names. Raises ValueError."""
    purl = PackageURL.from_string(text)
    name = canonicalize_name(purl.name) if purl.type == "pypi" else purl.name
    return Package(purl.type, f"{purl.namespace}/{name}" if purl.namespace else name, purl.version, text)
