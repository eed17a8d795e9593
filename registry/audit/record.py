"""Acts as the ledger records them, made from the cause of what is done."""

from __future__ import annotations

from typing import Any

from registry.ledger.act import Act, Actor, Decision, Effect
from registry.permission.cause import Cause, current_cause


def act_of(action: str, target: str, *, cause: Cause | None = None, effect: Effect = Effect.ALLOW, **parts: Any) -> Act:
    """An act of who acts in this context, or of another ``cause``.

    ``parts`` are further fields of :class:`registry.ledger.act.Act`; the reason is the cause's where none is given.
    Raises InvalidLedgerError for a text that the log does not take.
    """
    cause = cause or current_cause()
    who = cause.principal
    given = {"request": cause.request, "reason": cause.reason} | {
        name: value for name, value in parts.items() if value is not None
    }
    return Act(
        actor=Actor(who.subject, who.method.value, who.issuer),
        action=action,
        target=target,
        decision=Decision(effect, cause.rule, cause.policy),
        **given,
    )
