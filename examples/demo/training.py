"""Models that tell the cultivar from the measurements: trained, fine-tuned and evaluated with scikit-learn."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from examples.demo.data import FEATURES, columns, read_csv

Tick = Callable[[int, int], None]
"""Called with (epochs done, epochs in all) while a model trains."""

CULTIVARS = (0, 1, 2)


def train_linear(table: Path, *, epochs: int, alphas: Sequence[float], seed: int, tick: Tick) -> Pipeline:
    """A linear classifier: of several regularizations, the one that does best on the validation rows."""
    candidates = []
    for done, alpha in enumerate(alphas):
        classifier = SGDClassifier(loss="log_loss", alpha=alpha, random_state=seed)
        part = partial(_shifted, tick, done * epochs, len(alphas) * epochs)
        candidates.append(_train_by_epochs(table, classifier, epochs, seed, part))
    return max(candidates, key=lambda model: accuracy(model, table, "validate"))


def train_network(table: Path, *, epochs: int, hidden: int, seed: int, tick: Tick) -> Pipeline:
    """A small neural network."""
    network = MLPClassifier(hidden_layer_sizes=(hidden,), batch_size=32, random_state=seed)
    return _train_by_epochs(table, network, epochs, seed, tick)


def train_forest(table: Path, *, trees: int, seed: int, tick: Tick) -> Pipeline:
    """A random forest, grown a few trees at a time."""
    inputs, target = _matrix(table, "train")
    forest = RandomForestClassifier(n_estimators=1, warm_start=True, random_state=seed)
    model = make_pipeline(StandardScaler().fit(inputs), forest)
    for grown in range(10, trees + 1, 10):
        forest.set_params(n_estimators=grown)
        forest.fit(model[0].transform(inputs), target)
        tick(grown, trees)
    return model


def finetune(base: Pipeline, table: Path, *, epochs: int, seed: int, tick: Tick) -> Pipeline:
    """The base model, trained further on other rows. The base itself stays as it is."""
    inputs, target = _matrix(table, "train")
    model = copy.deepcopy(base)
    _epochs(model[-1], model[0].transform(inputs), target, epochs, seed, tick)
    return model


def accuracy(model: Pipeline, table: Path, split: str) -> float:
    """Share of one split's rows that the model gets right."""
    inputs, target = _matrix(table, split)
    return float(accuracy_score(target, model.predict(inputs)))


def save_model(model: Pipeline, path: Path) -> None:
    """Write the model's file."""
    joblib.dump(model, path)


def load_model(path: Path) -> Pipeline:
    """Read a model's file. Only for files that this pipeline wrote: joblib runs what it reads."""
    return joblib.load(path)


def parameter_count(model: Pipeline) -> int:
    """Number of trained parameters; for a forest, the number of its nodes."""
    estimator = model[-1]
    if isinstance(estimator, RandomForestClassifier):
        return sum(tree.tree_.node_count for tree in estimator.estimators_)
    if isinstance(estimator, MLPClassifier):
        return sum(part.size for part in (*estimator.coefs_, *estimator.intercepts_))
    return int(estimator.coef_.size + estimator.intercept_.size)


def _train_by_epochs(table: Path, estimator: Any, epochs: int, seed: int, tick: Tick) -> Pipeline:
    inputs, target = _matrix(table, "train")
    model = make_pipeline(StandardScaler().fit(inputs), estimator)
    _epochs(estimator, model[0].transform(inputs), target, epochs, seed, tick)
    return model


def _epochs(estimator: Any, inputs: np.ndarray, target: np.ndarray, epochs: int, seed: int, tick: Tick) -> None:
    random = np.random.default_rng(seed)
    for epoch in range(1, epochs + 1):
        order = random.permutation(len(inputs))
        estimator.partial_fit(inputs[order], target[order], classes=CULTIVARS)
        tick(epoch, epochs)


def _shifted(tick: Tick, before: int, total: int, done: int, _: int) -> None:
    tick(before + done, total)


def _matrix(table: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    rows = [row for row in read_csv(table) if row["split"] == split]
    names = [*columns(), *FEATURES]
    return np.array([[row[name] for name in names] for row in rows]), np.array([row["cultivar"] for row in rows])
