"""What could not be taken, with the reason: listed, shown, sent again, dropped."""

from registry.quarantine.entry import Form, Quarantined, Refused
from registry.quarantine.store import Quarantine

__all__ = ["Form", "Quarantine", "Quarantined", "Refused"]
