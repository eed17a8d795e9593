"""What is told by the small files beside a saved model: its signature, its flavour, what it needs to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from registry.capture.source import Unmapped
from registry.errors import ConfigurationError

NAMES = ("MLmodel", "requirements.txt", "python_env.yaml")
MOST_BYTES = 1_000_000
_PYTHON = "python_function"
_OPTION = re.compile(r"^\s*(#|-|$)")


@dataclass(frozen=True, slots=True)
class Needed:
    """A package that a model needs: pinned to ``version``, or anything that the ``constraint`` allows."""

    name: str
    version: str | None
    constraint: str | None


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What the files say; ``python`` is the interpreter's version."""

    signature: dict[str, Any] | None = None
    flavor: str | None = None
    size: int | None = None
    python: str | None = None
    needs: tuple[Needed, ...] = ()
    strange: tuple[Unmapped, ...] = field(default=())

    @property
    def environment(self) -> str | None:
        """A digest of the interpreter and the packages; None where neither is known."""
        if self.python is None and not self.needs:
            return None
        listed = [self.python, sorted([item.name, item.version, item.constraint or ""] for item in self.needs)]
        return hashlib.sha256(orjson.dumps(listed)).hexdigest()[:16]


def read_files(where: str, files: dict[str, bytes]) -> ModelFiles:
    """What these files of a model say. What cannot be understood is listed as strange, never raised."""
    strange: list[Unmapped] = []
    model = _yaml(files.get("MLmodel"), f"{where}/MLmodel", strange)
    python = _yaml(files.get("python_env.yaml"), f"{where}/python_env.yaml", strange).get("python")
    flavors = model.get("flavors")
    names = [str(name) for name in flavors if name != _PYTHON] if isinstance(flavors, dict) else []
    size = model.get("model_size_bytes")
    return ModelFiles(
        signature=_signature(model.get("signature"), where, strange),
        flavor=names[0] if names else None,
        size=size if isinstance(size, int) and 0 <= size < 2**63 else None,
        python=str(python)[:100] if isinstance(python, str | float) else None,
        needs=tuple(_needs(files.get("requirements.txt", b""), f"{where}/requirements.txt", strange)),
        strange=tuple(strange),
    )


def _yaml(content: bytes | None, where: str, strange: list[Unmapped]) -> dict[str, Any]:
    if not content:
        return {}
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError(
            "Reading MLflow's model files needs PyYAML.", hint="pip install 'lineage-registry[mlflow]'"
        ) from error
    try:
        value = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError):
        strange.append(Unmapped(where, "model file that is no YAML"))
        return {}
    return value if isinstance(value, dict) else {}


def _signature(value: Any, where: str, strange: list[Unmapped]) -> dict[str, Any] | None:
    """Inputs, outputs and parameters, which MLflow keeps as JSON texts."""
    if not isinstance(value, dict):
        return None
    found: dict[str, Any] = {}
    for name in ("inputs", "outputs", "params"):
        text = value.get(name)
        if not isinstance(text, str):
            continue
        try:
            found[name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            strange.append(Unmapped(where, f"signature's {name} that are no JSON"))
    return found or None


def _needs(content: bytes, where: str, strange: list[Unmapped]) -> Iterator[Needed]:
    seen: set[str] = set()
    for line in content.decode("utf-8", errors="replace").splitlines():
        if _OPTION.match(line):
            continue
        try:
            requirement = Requirement(line.split(" #")[0].strip())
        except InvalidRequirement:
            strange.append(Unmapped(where, "requirement that names no package"))
            continue
        name = canonicalize_name(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        if requirement.url is not None:
            strange.append(Unmapped(where, "requirement by address instead of a version"))
        pins = [item.version for item in requirement.specifier if item.operator in ("==", "===")]
        exact = pins[0] if len(pins) == 1 and "*" not in pins[0] else None
        yield Needed(name, exact, str(requirement.specifier) or None)
