"""What scikit-learn fits and predicts: the outermost call, with the class and parameters of the estimator."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.predictions import predicted
from lineage_client.capture.hooks.wrapping import wrap
from lineage_client.capture.models import parameters_of
from lineage_client.capture.running import Run

_METHODS = ("fit", "fit_transform", "fit_predict", "partial_fit")
_GUESSES = ("predict", "decision_function", "score_samples")


def hook(module: ModuleType) -> None:
    """Wrap the methods that fit and predict of the estimators that a module of scikit-learn defines; called as each one loads."""
    for value in list(vars(module).values()):
        if (
            inspect.isclass(value)
            and value.__module__.startswith("sklearn.")
            and callable(getattr(value, "get_params", None))
        ):
            for name in _METHODS:
                if name in vars(value):
                    wrap(value, name, after=_fitted)
            for name in _GUESSES:
                if name in vars(value):
                    wrap(value, name, after=_predicted)


def _predicted(_: Run, given: dict[str, Any], result: Any) -> None:
    predicted(result, given.get("X"))


def _fitted(run: Run, given: dict[str, Any], _: Any) -> None:
    estimator = given.get("self")
    if estimator is None:
        return
    parameters = parameters_of(estimator)
    about = {"class": f"{type(estimator).__module__}.{type(estimator).__qualname__}", "parameters": parameters}
    features = getattr(estimator, "n_features_in_", None)
    run.note_facet("fitted", about | ({"features": int(features)} if features is not None else {}))
    seed = parameters.get("random_state")
    if run.seed is None and isinstance(seed, int) and not isinstance(seed, bool):
        run.seed = seed
