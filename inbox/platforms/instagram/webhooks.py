"""Everything Instagram sends for a professional account, and what a poll dresses up the same way."""

from typing import Any

from inbox.platforms.base import Incoming
from inbox.platforms.instagram.changes import read_change
from inbox.platforms.meta import envelope

ABOUT = "instagram"


def normalise(payload: Any) -> list[Incoming]:
    """Every event of every entry, in order. Raises Unreadable for what is no delivery for Instagram."""
    return envelope.normalise(
        payload, about=ABOUT, whose="Instagram accounts", title="Instagram", read_change=read_change
    )
