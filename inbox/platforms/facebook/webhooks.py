"""Everything Meta sends for a Page, and what a poll dresses up the same way."""

from typing import Any

from inbox.platforms.base import Incoming
from inbox.platforms.facebook.changes import read_change
from inbox.platforms.meta import envelope


def normalise(payload: Any) -> list[Incoming]:
    """Every event of every entry, in order. Raises Unreadable for what is no delivery for Pages."""
    return envelope.normalise(payload, about="page", whose="Pages", title="Facebook", read_change=read_change)
