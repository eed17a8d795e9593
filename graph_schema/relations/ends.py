"""Groups of kinds that relations begin and end at."""

from __future__ import annotations

VERSIONS = ("DatasetVersion", "ModelVersion", "FeatureVersion", "TelemetrySchema", "LibraryVersion")
DATA = ("DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch")
PRODUCTS = (*DATA, "FeatureVersion", "ModelVersion", "ModelArtifact", "Profile", "DataSchema", "Document")
AGENTS = ("Person", "Team", "Service")
GOVERNED = ("Proposal", "Approval", "Decision", "Incident", "Policy", "Document")
