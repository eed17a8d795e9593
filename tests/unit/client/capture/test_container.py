"""What is known of a container from within: what its files say, and no more than that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage_client.capture import container
from lineage_client.capture.container import _seen, container_facet, container_records

ID = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    names = (*container._IMAGES, "container", "KUBERNETES_SERVICE_HOST", "ECS_CONTAINER_METADATA_FILE", "POD_NAME")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    _seen.cache_clear()
    yield
    _seen.cache_clear()


def put(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def test_docker_is_known_by_its_mounts_or_its_group_but_not_its_image(tmp_path: Path) -> None:
    put(tmp_path, ".dockerenv", "")
    put(tmp_path, "proc/self/cgroup", "0::/\n")
    put(
        tmp_path,
        "proc/self/mountinfo",
        f"1 2 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 a rw\n",
    )
    expected = {"engine": "docker", "id": ID, "id_from": "/proc/self/mountinfo", "signs": ["/.dockerenv"]}
    assert _seen(str(tmp_path)) == expected
    older = tmp_path / "older"
    put(older, "proc/self/cgroup", f"12:cpu:/docker/{ID}\n")
    assert _seen(str(older)) == {"id": ID, "id_from": "/proc/self/cgroup"}
    kubernetes = tmp_path / "kubernetes"
    put(kubernetes, "proc/self/cgroup", f"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope\n")
    assert _seen(str(kubernetes))["id"] == ID


def test_podman_names_its_image_where_it_says_anything(tmp_path: Path) -> None:
    put(
        tmp_path,
        "run/.containerenv",
        f'engine="podman-5.0"\nid="{ID}"\nimage="quay.io/a/b:1"\nimageid="ab"\nrootless=1\n',
    )
    found = _seen(str(tmp_path))
    assert found["image"] == "quay.io/a/b:1"
    assert found["image_from"] == "/run/.containerenv"
    assert found["id"] == ID
    empty = tmp_path / "empty"
    put(empty, "run/.containerenv", "")
    assert _seen(str(empty)) == {"signs": ["/run/.containerenv"]}


def test_a_pod_is_known_by_what_kubernetes_hands_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("POD_NAME", "train-1")
    put(tmp_path, "var/run/secrets/kubernetes.io/serviceaccount/namespace", "ml\n")
    put(tmp_path, "etc/podinfo/annotations", 'a="b"\nlineage/container-image="r/i@sha256:' + ID + '"\n')
    found = _seen(str(tmp_path))
    assert found["pod"] == {"name": "train-1", "namespace": "ml"}
    assert found["image"] == f"r/i@sha256:{ID}"


def test_ecs_writes_the_image_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "metadata.json", json.dumps({"ImageName": "i:2", "ImageID": f"sha256:{ID}", "ContainerID": ID}))
    monkeypatch.setenv("ECS_CONTAINER_METADATA_FILE", str(tmp_path / "metadata.json"))
    found = _seen(str(tmp_path))
    assert (found["image"], found["image_id"], found["id"]) == ("i:2", f"sha256:{ID}", ID)
    put(tmp_path, "metadata.json", '{"ImageName": 7, "Ima')
    _seen.cache_clear()
    assert _seen(str(tmp_path)) == {}


def test_only_a_known_image_becomes_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put(tmp_path, ".dockerenv", "")
    whole = _seen
    monkeypatch.setattr(container, "_seen", lambda _: whole(str(tmp_path)))
    assert container_records("urn:lineage:Run:n:r") == []
    assert container_facet() == {"image": "unknown", "signs": ["/.dockerenv"]}
    monkeypatch.setenv("LINEAGE_CONTAINER_IMAGE", f"r/i@sha256:{ID}")
    records = container_records("urn:lineage:Run:n:r")
    assert records[0]["attributes"] == {"image": f"r/i@sha256:{ID}", "digest": f"sha256:{ID}"}
    assert (container_facet() or {})["image_from"] == "LINEAGE_CONTAINER_IMAGE"
    monkeypatch.setattr(container, "_seen", lambda _: {})
    monkeypatch.delenv("LINEAGE_CONTAINER_IMAGE")
    assert container_facet() is None
