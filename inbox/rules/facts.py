"""What a rule looks at: one message and the conversation it stands in, as values."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from inbox.sla.reading import LONGEST, Item


@dataclass
class Facts:
    """`at`: when it was written, or when the conversation was tagged or the waiting became too long; an instant.

    `zone`: the workspace's. `person_tags`: what colleagues put on who wrote; `tags`: on the conversation.
    `person_is_new`: they never wrote before. Ids as text; `assignee`, `team` "": nobody has it.
    """

    at: datetime
    channel: str
    platform: str
    kind: str
    text: str = ""
    attachments: tuple[str, ...] = ()
    rating: int | None = None
    language: str = ""
    needs_reply: bool = False
    person_tags: tuple[str, ...] = ()
    person_is_new: bool = False
    tags: tuple[str, ...] = ()
    assignee: str = ""
    team: str = ""
    priority: int = 0
    status: str = "open"
    zone: str = "UTC"

    @cached_property
    def plain(self) -> str:
        """The text as words are looked for in it."""
        return plain(self.text[:LONGEST])

    @cached_property
    def item(self) -> Item:
        """The text as the needs-reply rules see it."""
        return Item(self.kind, self.text, self.attachments, self.rating, False, False, ())


def plain(text: str) -> str:
    """Small letters without accents, words one space apart."""
    small = text.casefold()
    if not small.isascii():
        parted = unicodedata.normalize("NFKD", small)
        small = "".join(char for char in parted if not unicodedata.combining(char))
    return " ".join(small.split())
