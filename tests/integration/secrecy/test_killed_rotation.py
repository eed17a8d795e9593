"""A process that rotates keys is killed, again and again; the next one goes on, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from registry.graph.database import Database
from registry.secrecy.key_encryption import new_key_text
from registry.secrecy.rotation import Rotation
from registry.secrecy.vault import Sealed
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.secrecy.conftest import say_with
from tests.integration.secrecy.test_keys import assert_verified, key_ids, person, sealing_keys

PERSONS = 40
_PROGRAM = """
from registry.graph.database import Database
from registry.secrecy import rotation
from registry.secrecy.vault import Vault
from registry.settings import load_settings
rotation.ENTITIES_AT_ONCE = rotation.KEYS_AT_ONCE = 3
settings = load_settings()
with Database.from_settings(settings) as database:
    rotation.Rotation(database, Vault(settings)).run(told=lambda progress: print(progress.phase, flush=True))
"""


@pytest.mark.nightly
def test_goes_on_after_being_killed(clean_database: Database, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(new_key_text())
    mine = settings.model_copy(update={"key_encryption_key": None, "key_encryption_key_file": file})
    writer = Writer(clean_database, mine)
    say_with(writer)(*(person(f"p{number:02}", f"p{number}@example.org") for number in range(PERSONS)))
    old = key_ids(clean_database)
    Rotation(clean_database, writer.vault).begin(reason="drill")
    environment = os.environ | {
        "NEO4J_URI": str(mine.neo4j_uri), "NEO4J_USERNAME": mine.neo4j_username, "NEO4J_PASSWORD": str(mine.neo4j_secret),
        "LINEAGE_KEY_ENCRYPTION_KEY_FILE": str(file),
    }  # fmt: skip
    killed = 0
    for stop_after in range(2, 12):
        worker = subprocess.Popen([sys.executable, "-c", _PROGRAM], env=environment, stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        seen = [line for line, _ in zip(worker.stdout, range(stop_after), strict=False)]
        if "done\n" not in seen:
            worker.send_signal(signal.SIGKILL)
            killed += 1
        worker.stdout.close()
        worker.wait()
        if "done\n" in seen:
            break
    Rotation(clean_database, writer.vault).run()
    assert killed >= 3
    assert key_ids(clean_database, "retired") == old
    assert sealing_keys(clean_database) == key_ids(clean_database) - _at_rest(clean_database)
    rows = clean_database.read_text("MATCH (n:Person) RETURN n.urn, n.sealed_contact ORDER BY n.urn")
    values = writer.vault.open(clean_database, [Sealed(urn, "contact", text) for urn, text in rows])
    assert values == [f"p{number}@example.org" for number in range(PERSONS)]
    assert_verified(clean_database, mine, tmp_path)


def _at_rest(database: Database) -> set[str]:
    return {name for (name,) in database.read_text("MATCH (k:DataKey {slot: 'registry'}) RETURN k.id")}
