"""The container that a process is in, as far as that is known from within and without asking anybody.

The image is rarely known within: where nothing says it, it counts as unknown, and what the container was told by
(signs, engine, id, pod) is told of the run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from lineage_client.capture.records import Record, edge, entity, plain_text
from lineage_client.names import urn

_IMAGES = (
    "LINEAGE_CONTAINER_IMAGE", "CONTAINER_IMAGE", "CI_JOB_IMAGE", "APPTAINER_CONTAINER", "SINGULARITY_CONTAINER",
)  # fmt: skip
"""Variables that name the image; the last two are the path of the image's file."""
_ID = r"[0-9a-f]{64}"
_CGROUP = re.compile(rf"(?:docker|libpod|cri-containerd|crio|lxc|kubepods)\S*?[-/](?P<id>{_ID})(?:\.scope)?(?:/|$)")
_MOUNT = re.compile(rf"/(?P<engine>docker/containers|overlay-containers|sandboxes)/(?P<id>{_ID})/")
_ENGINES = {"docker/containers": "docker", "overlay-containers": "podman"}
_ANNOTATION = re.compile(r'^lineage[./]container-image="(?P<image>[^"]+)"$', re.MULTILINE)
_PAIR = re.compile(r'^(?P<name>\w+)="(?P<value>[^"]*)"$', re.MULTILINE)
_MOST = 1 << 20


def container_records(run: str) -> list[Record]:
    """The image that the run is in, where it is known; nothing where it is not."""
    image = container_facts().get("image")
    if not isinstance(image, str):
        return []
    reference, _, digest = image.partition("@")
    known = re.fullmatch(r"sha256:[0-9a-f]{64}", digest) is not None
    container = urn("Container", "oci", digest if known else reference)
    about = {"image": image} | ({"digest": digest} if known else {})
    return [entity(container, about), edge("EXECUTED_IN", run, container)]


def container_facet() -> dict[str, Any] | None:
    """What is known of the container that this process is in; None where there is no sign of one."""
    facts = dict(container_facts())
    return {"image": "unknown", **facts} if facts else None


def container_facts() -> Mapping[str, Any]:
    """``image``, ``image_from``, ``image_id``, ``engine``, ``id``, ``pod``, ``signs``: those that are known."""
    image, source = next(((os.environ[name], name) for name in _IMAGES if os.environ.get(name)), (None, None))
    found = {**_seen("/")}
    if image is not None:
        found |= {"image": plain_text(image), "image_from": source}
    return found


@lru_cache(maxsize=4)
def _seen(root: str) -> Mapping[str, Any]:
    """What files say: the same as long as the process lives."""
    base = Path(root)
    found: dict[str, Any] = {}
    signs = [f"/{name}" for name in (".dockerenv", "run/.containerenv") if (base / name).exists()]
    found |= _podman(_text(base / "run/.containerenv"))
    found |= _of_cgroup(_text(base / "proc/self/cgroup"), found)
    found |= _of_mounts(_text(base / "proc/self/mountinfo"), found)
    found |= _pod(base)
    found |= _ecs()
    if os.environ.get("container"):  # noqa: SIM112 - as systemd and podman write it
        signs.append("$container")
        found.setdefault("engine", plain_text(os.environ["container"]))  # noqa: SIM112
    if signs:
        found["signs"] = signs
    return found


def _podman(text: str) -> dict[str, Any]:
    """What Podman writes into its sign; it is empty where the container has no special rights."""
    told = {match["name"]: match["value"] for match in _PAIR.finditer(text)}
    names = {"image": "image", "imageid": "image_id", "id": "id", "engine": "engine"}
    found = {ours: told[theirs] for theirs, ours in names.items() if told.get(theirs)}
    return found | ({"image_from": "/run/.containerenv"} if "image" in found else {})


def _of_cgroup(text: str, known: Mapping[str, Any]) -> dict[str, Any]:
    match = None if "id" in known else _CGROUP.search(text)
    return {} if match is None else {"id": match["id"], "id_from": "/proc/self/cgroup"}


def _of_mounts(text: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Engines mount ``/etc/hostname`` and its kin from a folder that has the container's id, or that of its pod."""
    match = _MOUNT.search(text)
    if match is None:
        return {}
    engine = _ENGINES.get(match["engine"])
    found = {"engine": engine} if engine is not None and "engine" not in known else {}
    if match["engine"] == "sandboxes":
        return found | {"pod_sandbox": match["id"]}
    return found if "id" in known else found | {"id": match["id"], "id_from": "/proc/self/mountinfo"}


def _pod(base: Path) -> dict[str, Any]:
    """The pod of Kubernetes, by what it hands down: variables, the account's namespace, files below /etc/podinfo."""
    if not os.environ.get("KUBERNETES_SERVICE_HOST"):
        return {}
    info, account = base / "etc/podinfo", base / "var/run/secrets/kubernetes.io/serviceaccount/namespace"
    pod = {
        "name": os.environ.get("POD_NAME") or _text(info / "name") or os.environ.get("HOSTNAME"),
        "namespace": os.environ.get("POD_NAMESPACE") or _text(info / "namespace") or _text(account),
        "uid": os.environ.get("POD_UID") or _text(info / "uid"),
    }
    found: dict[str, Any] = {"pod": {name: plain_text(value.strip()) for name, value in pod.items() if value}}
    match = _ANNOTATION.search(_text(info / "annotations"))
    return found | ({"image": match["image"], "image_from": "/etc/podinfo/annotations"} if match else {})


def _ecs() -> dict[str, Any]:
    """What Amazon ECS writes into a file."""
    place = os.environ.get("ECS_CONTAINER_METADATA_FILE")
    try:
        told = json.loads(_text(Path(place))) if place else {}
    except ValueError:
        return {}
    names = {"ImageName": "image", "ImageID": "image_id", "ContainerID": "id"}
    if not isinstance(told, dict):
        return {}
    found = {ours: told[theirs] for theirs, ours in names.items() if isinstance(told.get(theirs), str)}
    return found | ({"image_from": "ECS_CONTAINER_METADATA_FILE"} if "image" in found else {})


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except (OSError, ValueError):
        return ""
