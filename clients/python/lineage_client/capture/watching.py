"""``watch``: from now on, files that a run reads and writes are noted without being told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

from lineage_client.capture import audit, child_runs
from lineage_client.capture.column_steps import following
from lineage_client.capture.hooks import arrow_files, joblib_files, pandas_files, polars_files, sklearn_fits
from lineage_client.capture.later import Ours
from lineage_client.capture.quiet import is_off, quietly

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:
    MetaPathFinder = object  # that it needs no base is worth 2 ms of loading

Hook = Callable[[ModuleType], None]
_HOOKS: dict[str, Hook] = {
    "pandas": pandas_files.hook,
    "polars": polars_files.hook,
    "joblib": joblib_files.hook,
    "numba": following.leave_to_compilers,
    **dict.fromkeys(arrow_files.MODULES, arrow_files.hook),
}
_installed: list[_Loads] = []


def watch() -> None:
    """Note by itself what runs read and write, with pandas, polars, pyarrow, joblib, sqlite3 and Python's ``open``.

    Public readers and writers of these libraries get thin wrappers, whether they are loaded already or later; fits of
    scikit-learn are noted with their parameters. Only files that look like data or models count. Once is enough.
    """
    if is_off() or _installed:
        return
    with quietly("libraries could not be watched"):
        _installed.append(_Loads())
        audit.install()
        following.follow_from_now_on()
        child_runs.install()
        for name, module in list(sys.modules.items()):
            hook = _hook_of(name)
            if hook is not None and isinstance(module, ModuleType):
                _apply(hook, module)
        sys.meta_path.insert(0, _installed[0])


def _hook_of(name: str) -> Hook | None:
    return sklearn_fits.hook if name.startswith("sklearn.") else _HOOKS.get(name)


def _apply(hook: Hook, module: ModuleType) -> None:
    with quietly(f"{module.__name__} could not be watched"), Ours():
        hook(module)


class _Loads(MetaPathFinder):
    """Lets modules load as they would, and hooks those that are watched once they have."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders have, with a loader that hooks; None for what is not watched."""
        hook = _hook_of(fullname)
        if hook is None:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if finder is self or find is None else find(fullname, path, target)
            if spec is not None:
                # A loader that serves several modules, as that of a zip file, is left alone.
                if spec.loader is not None and getattr(spec.loader, "name", None) == fullname:
                    _hook_after(spec.loader, hook)
                return spec
        return None


def _hook_after(loader: Loader, hook: Hook) -> None:
    """The loader as it is, but that the module is hooked once it has run."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        _apply(hook, module)

    with quietly("a library that loads could not be watched"):
        loader.exec_module = exec_module  # type: ignore[method-assign]
