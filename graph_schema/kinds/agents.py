"""Who owns, acts and approves."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType

_CONTACT = Property("contact", ValueType.STRING, "How to reach them: an address, a channel.", sensitive=True)

KINDS = (
    Kind("Person", "A person.", (_CONTACT,), searchable=True, personal=True),
    Kind("Team", "A group of persons.", (_CONTACT,), searchable=True),
    Kind("Service", "A program that acts for somebody.", (_CONTACT,), searchable=True),
)
