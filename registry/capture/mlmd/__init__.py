"""ML Metadata databases (TFX, Kubeflow Pipelines), read by SQL: the library itself is not needed."""
