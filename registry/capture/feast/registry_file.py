"""Reads Feast's registry file by the messages that Feast publishes.

``registry.desc`` is the descriptor set of Feast 0.67 (``feast/core/Registry.proto`` and what it imports, Apache-2.0), so
that every field is known by its name and nothing of ours has to guess.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    json_format,
    message,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)

from registry.capture.documents import check_nesting, read_bytes
from registry.errors import InvalidSourceError

SCHEMA_VERSION = "1"
_KNOWN = (any_pb2, descriptor_pb2, duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)

Message = dict[str, Any]


def read_registry(path: Path) -> Message:
    """The registry with every field under Feast's own name. Raises InvalidSourceError where it is none."""
    found = parse("feast.core.Registry", read_bytes(path), str(path))
    said = found.get("registry_schema_version")
    if said != SCHEMA_VERSION:
        shown = f"its schema version is {str(said)[:20]!r}; {SCHEMA_VERSION!r} is understood"
        raise InvalidSourceError(
            f"{path} is no registry file of Feast: {shown}.", hint="Registries in SQL are not read."
        )
    return found


def parse(kind: str, content: bytes, what: str) -> Message:
    """A message of Feast as JSON has it. Raises InvalidSourceError."""
    made = message_class(kind)()
    try:
        made.ParseFromString(content)
        found: Message = json_format.MessageToDict(made, preserving_proto_field_name=True)
    except (message.DecodeError, json_format.Error, ValueError, RecursionError) as error:
        raise InvalidSourceError(f"{what} is no registry file of Feast.", hint="Is the file cut short?") from error
    check_nesting(found, what)
    return found


@cache
def message_class(kind: str) -> type[message.Message]:
    """The class of a message of Feast, by its full name."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(kind))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for known in _KNOWN:
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    own = descriptor_pb2.FileDescriptorSet.FromString(files(__package__).joinpath("registry.desc").read_bytes())
    for file in own.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool
