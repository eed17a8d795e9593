"""What could not be taken, with the reason: listed, shown, sent again, dropped."""

from registry.quarantine.store import Quarantine, Quarantined, Refused

__all__ = ["Quarantine", "Quarantined", "Refused"]
