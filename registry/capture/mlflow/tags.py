"""Tags as they are kept: MLflow notes where code came from with whatever the remote's address holds, tokens too."""

from __future__ import annotations

from collections.abc import Mapping

from registry.capture.naming import without_credentials, without_secrets

REPOSITORY = "mlflow.source.git.repoURL"
_REPOSITORIES = frozenset({REPOSITORY, "mlflow.gitRepoURL", "mlflow.databricks.gitRepoUrl"})


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags without credentials in the addresses that they name."""
    return {
        name: without_credentials(value) if name in _REPOSITORIES else without_secrets(value)
        for name, value in tags.items()
    }
