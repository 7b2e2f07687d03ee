"""What Postgres gives for a jsonb: its text from a pool's line, and what it says from a session's."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

Shape = TypeVar("Shape")


def unpacked(stored: Any, shape: type[Shape]) -> Shape:
    """The value of a jsonb column as this shape."""
    if isinstance(stored, (str, bytes)):
        return msgspec.json.decode(stored, type=shape)
    return msgspec.convert(stored, shape)
