"""The capture itself: a lock file or list of requirements as an environment and its packages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graph_schema.urn import Urn, UrnError, parse_urn
from registry.capture.documents import read_bytes
from registry.capture.events import Voice, asset, edge, entity
from registry.capture.requirements.conda import read_environment
from registry.capture.requirements.needed import Listed, Needed
from registry.capture.requirements.npm import read_package_lock
from registry.capture.requirements.python_lists import read_requirements
from registry.capture.requirements.python_locks import read_pylock, read_uv
from registry.capture.source import Captured, Progressed, RecordDocument
from registry.errors import InvalidRequestError, InvalidSourceError

FORMATS: dict[str, Callable[[Path], Listed]] = {
    "requirements": read_requirements,
    "uv": read_uv,
    "pylock": read_pylock,
    "conda": read_environment,
    "npm": read_package_lock,
}
_PATTERNS = (
    ("uv", "uv.lock"),
    ("pylock", "pylock*.toml"),
    ("conda", "environment*.y*ml"),
    ("conda", "conda*.y*ml"),
    ("npm", "package-lock.json"),
    ("npm", "npm-shrinkwrap.json"),
    ("requirements", "*requirements*.txt"),
    ("requirements", "requirements*.in"),
)
_DIGITS = 16
_ALWAYS = "1970-01-01T00:00:00Z"
_EXECUTED = ("Run", "Deployment")
_NEEDING = ("ModelVersion", "Job", "Container", "DatasetVersion")


class RequirementsCapture:
    """Lock files."""

    name = "requirements"
    summary = "requirements.txt, uv.lock, pylock.toml, conda environment.yml or package-lock.json; a file or a folder"
    maps: Mapping[str, str] = {
        "the file": "Environment named by the file and the digest of its content: other content is another environment",
        "a pinned package": "LibraryVersion with its purl, DEPENDS_ON exact",
        "a package with a range or no version": "the library's unknown version, DEPENDS_ON floating with the constraint",
        "what a package needs (uv.lock, pylock.toml, package-lock.json)": "DEPENDS_ON between library versions",
        "groups, extras, dev": "scope of DEPENDS_ON",
        "option of=URN": "a Run or Deployment EXECUTED_IN the environment; a model, job or container DEPENDS_ON its packages",
    }
    does_not_map: Mapping[str, str] = {
        "indexes and other options of pip": "they say where to look, and may hold credentials",
        "paths and addresses without a name": "they name no package; each is listed as rejected",
        "hashes of files, markers, channels, builds": "kept in the environment's facets",
        "which marker holds": "that is up to the machine; what may be installed counts, with the marker in the constraint",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Packages listed."""
        return sum(len(reader(path).needed) for path, reader in _files(where, options))

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``format``, ``name`` (of the environment), ``namespace``, ``of`` (URN of what runs in it)."""
        owner = _owner(options.get("of"))
        return _read([(path, reader(path)) for path, reader in _files(where, options)], options, owner)


def _files(where: str, options: Mapping[str, str]) -> list[tuple[Path, Callable[[Path], Listed]]]:
    path, named = Path(where), options.get("format")
    if named is not None and named not in FORMATS:
        raise InvalidRequestError(f"format={named[:40]} is not known; {', '.join(FORMATS)} are.")
    if not path.is_dir():
        found = named or _format(path) or ("requirements" if path.suffix in (".txt", ".in") else None)
        if found is None:
            hint = f"Say what it is: format={'|'.join(FORMATS)}."
            raise InvalidSourceError(f"{path} has no name by which its format is known.", hint=hint)
        return [(path, FORMATS[found])]
    listed = [(item, FORMATS[found]) for item in sorted(path.iterdir()) if item.is_file() and (found := _format(item))]
    if not listed:
        raise InvalidSourceError(f"{path} holds no file of requirements that is known by its name.")
    return listed


def _format(path: Path) -> str | None:
    return next((name for name, pattern in _PATTERNS if path.match(pattern)), None)


def _owner(said: str | None) -> Urn | None:
    try:
        owner = parse_urn(said) if said else None
    except UrnError as error:
        raise InvalidRequestError(f"of={str(said)[:100]}: {error}.") from error
    if owner is not None and owner.kind not in (*_EXECUTED, *_NEEDING):
        raise InvalidRequestError(f"A {owner.kind} has no environment; {', '.join((*_EXECUTED, *_NEEDING))} have.")
    return owner


def _read(files: list[tuple[Path, Listed]], options: Mapping[str, str], owner: Urn | None) -> Iterator[Captured]:
    for path, listed in files:
        # Of what was included, too: what is listed is what the environment is.
        told = [
            read_bytes(path),
            *(repr((item.package, item.constraint, item.scope)).encode() for item in listed.needed),
        ]
        digest = hashlib.sha256(b"\0".join(told)).hexdigest()
        namespace, name = options.get("namespace") or listed.ecosystem, options.get("name") or path.name
        voice = Voice("requirements", f"requirements/{listed.ecosystem}")
        environment = _Environment(namespace, f"{name.strip()}-{digest[:_DIGITS]}", name, listed, owner)
        yield from listed.remarks
        yield from voice.say(str(path), environment.itself)
        for item in listed.needed:
            yield from voice.say(item.package.name, environment.package(item))
            yield Progressed()


class _Environment:
    def __init__(self, namespace: str, name: str, title: str, listed: Listed, owner: Urn | None) -> None:
        self._namespace, self._name, self._title, self._listed, self._owner = namespace, name, title, listed, owner

    def itself(self) -> Iterator[RecordDocument]:
        environment = asset("Environment", self._namespace, self._name)
        facts = {item.package.purl: dict(item.facts) for item in self._listed.needed if item.facts}
        yield entity(
            environment,
            {
                "title": self._title,
                "runtime": self._listed.runtime,
                "facets": {"requirements": facts} if facts else None,
            },
        )
        if self._owner is not None and self._owner.kind in _EXECUTED:
            yield edge("EXECUTED_IN", self._owner, environment)

    def package(self, item: Needed) -> Callable[[], Iterator[RecordDocument]]:
        def build() -> Iterator[RecordDocument]:
            yield from item.package.entities({"digest": item.digest})
            yield _depends(asset("Environment", self._namespace, self._name), item)
            if self._owner is not None and self._owner.kind in _NEEDING:
                yield {key: value for key, value in _depends(self._owner, item).items() if key != "true_from"}
            for other, constraint in item.needs:
                if other.urn() != item.package.urn():
                    yield edge(
                        "DEPENDS_ON",
                        item.package.urn(),
                        other.urn(),
                        {"scope": "run", "constraint": constraint},
                        version_is="exact" if other.version else "floating",
                        true_from=_ALWAYS,
                    )

        return build


def _depends(owner: Urn, item: Needed) -> RecordDocument:
    exact = item.package.version is not None
    more: dict[str, Any] = {} if exact else {"version_constraint": item.constraint}
    attributes = {"scope": item.scope, "constraint": item.constraint}
    # What is named by its content never consisted of anything else.
    return edge(
        "DEPENDS_ON", owner, item.package.urn(), attributes,
        version_is="exact" if exact else "floating", true_from=_ALWAYS, **more,
    )  # fmt: skip
