"""The steps of connecting a real account, each ticked when it was seen to work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from inbox.platforms.base import Connector, Seen, Step


class StepOut(msgspec.Struct):
    """`done`: seen to work, or ticked by a person where nobody can see it (`seen` null). `at`: when it was seen."""

    title: str
    text: str
    url: str
    seen: Seen | None
    done: bool
    at: datetime | None = None


def of(connector: Connector, channel: asyncpg.Record, app: asyncpg.Record | None) -> list[StepOut]:
    """How far a channel is. `channel`, `app`: their rows."""
    return [_step(step, connector, channel, app) for step in connector.steps]


def unbegun(steps: Sequence[Step]) -> list[StepOut]:
    """Before anything is connected."""
    return [StepOut(step.title, step.text, step.url, step.seen, False) for step in steps]


def _step(step: Step, connector: Connector, channel: asyncpg.Record, app: asyncpg.Record | None) -> StepOut:
    at: datetime | None = None
    match step.seen:
        case None:
            done = step.title in channel["done_steps"]
        case Seen.APP:
            made_there = connector.oauth is not None and connector.oauth.registers and channel["state"] == "connected"
            done, at = app is not None or made_there, app["created_at"] if app else None
        case Seen.HANDSHAKE:
            at = app["handshake_at"] if app else None
            done = at is not None
        case Seen.SIGNED:
            at = app["signed_at"] if app else None
            done = at is not None
        case Seen.CONNECTED:
            done = channel["state"] == "connected"
        case Seen.GRANTED:
            done, at = channel["checked_at"] is not None and not channel["missing"], channel["checked_at"]
        case Seen.LISTENING:
            done = channel["listening"] is True
        case Seen.HEARD:
            at = channel["heard_at"]
            done = at is not None
    return StepOut(step.title, step.text, step.url, step.seen, done, at if done else None)
