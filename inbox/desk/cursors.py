"""Where a list goes on: the place of its last row, in a form that nobody is tempted to take apart."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from inbox.ground.errors import Invalid

Place = TypeVar("Place")


def write(place: Any, last: UUID) -> str:
    """A cursor behind this row."""
    return base64.urlsafe_b64encode(msgspec.json.encode((place, last))).decode().rstrip("=")


def read(cursor: str, kind: type[Place]) -> tuple[Place, UUID]:
    """The place a cursor stands for. Raises Invalid for one that we did not write."""
    try:
        told = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place: tuple[Place, UUID] = msgspec.json.decode(told, type=tuple[kind, UUID])  # type: ignore[valid-type]
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise Invalid("This cursor is not one of ours. Begin the list again.", field="cursor") from None
    return place
