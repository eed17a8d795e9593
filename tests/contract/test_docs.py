"""The documentation says what is so: generated pages in step, links that lead somewhere, commands that exist."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shlex
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

import registry
from registry.cli.app import app
from registry.errors import RegistryError
from registry.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    + [page for folder in ("docs", "examples", "benchmarks") for page in (ROOT / folder).rglob("*.md")]
)
PAGE_NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^\s*(?:\$ )?(?:\w+=\S+ )*((?:lineage|make) .*)$", re.MULTILINE)
_INLINE = re.compile(r"`((?:lineage|make) [^`]+)`")


def _generator() -> ModuleType:
    spec = spec_from_file_location("docs_generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def _slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_slug(line.lstrip("#")) for line in text.splitlines() if line.startswith("#")}


def _all_errors() -> list[type[RegistryError]]:
    for module in pkgutil.walk_packages(registry.__path__, "registry."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = list[type[RegistryError]](), [RegistryError]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(found[-1].__subclasses__())
    return found


def _shell_words(command: str) -> list[str]:
    """The words of a command up to the first comment, pipe or sign that stands for something."""
    bare = re.split(r"\s#|[|;&<>]|…|\.\.\.", command)[0]
    try:
        words = shlex.split(bare)
    except ValueError:  # a quotation that goes on in the next line
        words = bare.split()
    return [word for word in words if "=" not in word or word.startswith("-")]


def _commands(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8")
    code = [*_FENCE.findall(text), *re.findall(r"^ {4}.*$", text, re.MULTILINE)]
    return [_shell_words(item) for item in _COMMANDS.findall("\n".join(code)) + _INLINE.findall(text)]


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_generated_page_is_in_step_with_the_code(name: str) -> None:
    written = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
    assert written == GENERATOR.PAGES[name](), "run `make docs`"


def test_every_error_is_documented_and_has_a_meaning() -> None:
    page = GENERATOR.render_errors()
    for error in _all_errors():
        assert f"| `{error.code}` | " in page, error.__name__
        assert (error.__doc__ or "").strip(), error.__name__
        assert 400 <= error.status < 600, error.__name__


def test_a_code_means_one_thing() -> None:
    codes = [item.code for item in GENERATOR.error_classes()]
    assert len(codes) == len(set(codes))


def test_every_setting_is_documented() -> None:
    page = GENERATOR.render_settings()
    for name, field in Settings.model_fields.items():
        assert f"`{GENERATOR.variable_of(name, field)}`" in page
        assert (field.description or "").rstrip().endswith("."), name


def test_no_page_names_a_folder_of_the_machine_it_was_written_on() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert str(Path.home()) not in text.replace("~", ""), page
        assert str(ROOT) not in text, page


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z][a-z+.-]*:", target):
            assert not target.startswith("file:"), link
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        assert path.is_relative_to(ROOT), link
        if anchor and path.suffix == ".md":
            assert anchor in _anchors(path), link


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs/README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(index.read_text("utf-8"))}
    assert set((ROOT / "docs").rglob("*.md")) - {index} <= linked


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "cli.md"], ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    root = typer.main.get_command(app)
    for words in _commands(page):
        if words[:1] == ["make"]:
            named = [word for word in words[1:] if not word.startswith("-") and word != "TARGET"]
            assert set(named) <= targets, words
        elif words[:1] == ["lineage"]:
            _check_command(root, words[1:])


def _check_command(command: Any, words: list[str]) -> None:
    """Assert that the words name a command that exists, with options that it has."""
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands, words
        command = command.commands[words[0]]
        words = words[1:]
    parameters = command.get_params(typer.Context(command))
    known = {option for parameter in parameters for option in parameter.opts}
    named = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert named <= known, (words, named - known)
