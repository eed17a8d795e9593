"""The two ways in which a registry does not take what is sent."""

from __future__ import annotations


class AwayError(Exception):
    """The registry cannot take anything now; the same may work later."""


class RefusedError(Exception):
    """The registry will not take this, now or later. The message is its reason."""
