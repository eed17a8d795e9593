"""Key-encryption keys: read, made once, wrapped with, and never shown."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.errors import EncryptionKeyMissingError, InvalidEncryptionKeyError, RegistryError
from registry.secrecy.envelope import Material
from registry.secrecy.key_encryption import FILE_NAME, KeyEncryptionKeys, KeySource, new_key_text
from registry.settings import Settings

ID = "0123456789abcdef"


def _settings(**more: object) -> Settings:
    return Settings.model_validate({"neo4j_uri": None} | more)


def test_one_is_made_for_the_managed_database_that_only_its_owner_reads(tmp_path: Path) -> None:
    settings = _settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        ids = {keys.current.id for keys in pool.map(lambda _: KeySource(settings).require(), range(16))}
    assert len(ids) == 1, "whoever comes second takes the first one's"
    file = tmp_path / "data" / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [item.name for item in file.parent.iterdir()] == [FILE_NAME]


def test_none_is_made_for_another_database(tmp_path: Path) -> None:
    source = KeySource(_settings(data_dir=tmp_path, neo4j_uri="neo4j://db.example.org"))
    assert source.find() is None
    with pytest.raises(EncryptionKeyMissingError):
        source.require()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "key"
    first, second = new_key_text(), new_key_text()
    file.write_text(f"{first}\n")
    source = KeySource(_settings(key_encryption_key_file=file))
    before = source.require().current
    wrapped = before.wrap_all({ID: Material.fresh()})[1][ID]
    file.write_text(f"# in force since today\n{second}\n{first}\n")
    after = source.require()
    assert after.current.id != before.id
    after.unwrap(before.id, wrapped, ID)
    file.write_text(f"{second}\n")
    with pytest.raises(EncryptionKeyMissingError, match=before.id):
        source.require().unwrap(before.id, wrapped, ID)


def test_a_wrapped_key_is_bound_to_its_id() -> None:
    key = KeyEncryptionKeys.parse(new_key_text())
    assert key is not None
    material = Material.fresh()
    wrapped = key.current.wrap_all({ID: material})[1][ID]
    assert key.unwrap(key.current.id, wrapped, ID).reveal() == material.reveal()
    for other_id, content in ((ID[::-1], wrapped), (ID, wrapped[:-1]), (ID, wrapped[:20] + b"x" + wrapped[21:])):
        with pytest.raises(InvalidEncryptionKeyError):
            key.unwrap(key.current.id, content, other_id)


@pytest.mark.parametrize("text", ["c2VjcmV0LWNhbmFyeQ==", "not base64: canary", "canary"])
def test_a_bad_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(RegistryError) as caught:
        KeyEncryptionKeys.parse(text)
    assert text not in caught.value.diagnostics()
    assert "canary" not in caught.value.diagnostics()


def test_keys_are_in_no_text_of_the_settings() -> None:
    text = new_key_text()
    settings = _settings(key_encryption_key=text, neo4j_password="canary-password")
    settings.key_encryption_source.current()
    for shown in (
        repr(settings),
        str(settings),
        str(settings.model_dump()),
        settings.model_dump_json(),
        repr(settings.key_encryption_source),
    ):
        assert text not in shown
        assert "canary-password" not in shown
