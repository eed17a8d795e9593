"""MLflow's stores, watched: each call that changes something is told of once MLflow has done it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lineage_client.capture.quiet import is_off, quietly
from lineage_client.mlflow import runs, versions
from lineage_client.mlflow.telling import Telling, Told

Arguments = Mapping[str, Any]
_ENDED = frozenset({"FINISHED", "FAILED", "KILLED"})
_WATCHED = "_lineage_watched"


def watch_stores() -> None:
    """Have every store that MLflow opens from now on watched; see lineage_client.mlflow.watch.

    Raises ImportError and AttributeError where this MLflow is built in another way than those that are known.
    """
    from mlflow.tracking.registry import StoreRegistry

    find = StoreRegistry.get_store_builder
    if getattr(find, _WATCHED, False):
        return

    @functools.wraps(find)
    def get_store_builder(self: Any, store_uri: Any) -> Callable[..., Any]:
        build: Callable[..., Any] = find(self, store_uri)  # type: ignore[no-untyped-call]

        @functools.wraps(build)
        def built(*arguments: Any, **named: Any) -> Any:
            store = build(*arguments, **named)
            with quietly("a store of MLflow's could not be watched"):
                watch_store(store)
            return store

        return built

    setattr(get_store_builder, _WATCHED, True)
    StoreRegistry.get_store_builder = get_store_builder  # type: ignore[method-assign]


def watch_store(store: Any) -> None:
    """Tell of what is done through one store; its own calls stay as they are."""
    if getattr(store, _WATCHED, False):
        return
    setattr(store, _WATCHED, True)
    teller = Telling()
    if hasattr(store, "update_run_info"):
        _watch_runs(store, teller)
    if hasattr(store, "create_model_version"):
        _watch_versions(store, teller)


def _watch_runs(store: Any, teller: Telling) -> None:
    get_run, get_model = store.get_run, getattr(store, "get_logged_model", None)

    def ended(run_id: str) -> Told:
        run = get_run(run_id)
        return runs.whole(run, teller.namespace, runs.measured_on(run, get_model))

    def begun(run: Any, _: Arguments) -> None:
        teller.tell(lambda: runs.whole(run, teller.namespace, None))

    def updated(_: Any, given: Arguments) -> None:
        status = given.get("run_status")
        if getattr(status, "name", _status(status)) in _ENDED:
            teller.tell(lambda: ended(given["run_id"]))

    def read(_: Any, given: Arguments) -> None:
        teller.tell(lambda: runs.inputs(get_run(given["run_id"]), teller.namespace))

    def saved(model: Any, _: Arguments) -> None:
        teller.tell(lambda: versions.logged_model(model, teller.namespace))

    _after(store, "create_run", begun)
    _after(store, "update_run_info", updated)
    _after(store, "log_inputs", read)
    _after(store, "create_logged_model", saved)
    _after(store, "finalize_logged_model", saved)


def _watch_versions(store: Any, teller: Telling) -> None:
    def registered(version: Any, given: Arguments) -> None:
        teller.tell(lambda: versions.model_version(version, given.get("model_id"), teller.namespace))

    _after(store, "create_model_version", registered)
    by_alias = getattr(store, "get_model_version_by_alias", None)
    if by_alias is None:
        return

    def before(given: Arguments) -> str | None:
        try:
            return str(by_alias(given["name"], given["alias"]).version)
        except Exception:  # noqa: BLE001 - MLflow raises where there is no such alias yet
            return None

    def moved(given: Arguments, old: str | None) -> None:
        new = given.get("version")
        told = versions.alias(given["name"], given["alias"], None if new is None else str(new), old, teller.namespace)
        teller.tell(lambda: told)

    for name in ("set_registered_model_alias", "delete_registered_model_alias"):
        _around(store, name, before, moved)


def _after(store: Any, name: str, tell: Callable[[Any, Arguments], None]) -> None:
    """Have ``tell`` called with what a call gave, and its arguments by name, when MLflow is done."""
    call = getattr(store, name, None)
    if call is None:
        return
    signature = inspect.signature(call)

    @functools.wraps(call)
    def watched(*arguments: Any, **named: Any) -> Any:
        result = call(*arguments, **named)
        if not is_off():
            with quietly(f"MLflow's {name} could not be told of"):
                tell(result, signature.bind(*arguments, **named).arguments)
        return result

    setattr(store, name, watched)


def _around(
    store: Any, name: str, look: Callable[[Arguments], str | None], tell: Callable[[Arguments, str | None], None]
) -> None:
    """As :func:`_after`, with what ``look`` finds before the call."""
    call = getattr(store, name, None)
    if call is None:
        return
    signature = inspect.signature(call)

    @functools.wraps(call)
    def watched(*arguments: Any, **named: Any) -> Any:
        if is_off():
            return call(*arguments, **named)
        given: Arguments = {}
        old: str | None = None
        with quietly(f"MLflow's {name} could not be told of"):
            given = signature.bind(*arguments, **named).arguments
            old = look(given)
        result = call(*arguments, **named)
        with quietly(f"MLflow's {name} could not be told of"):
            tell(given, old)
        return result

    setattr(store, name, watched)


def _status(number: Any) -> str:
    from mlflow.entities import RunStatus

    return str(RunStatus.to_string(number)) if isinstance(number, int) else str(number)
