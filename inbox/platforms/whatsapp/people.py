"""Who a message is from or for.

Since 2026 people may keep their phone number to themselves. Everybody has an id that holds for one business alone
("US.13491208655302741918"), so that is what a conversation is known by; the number (`wa_id`) stands in where a payload
has nothing else. The number comes and goes with what the person allows, the id does not.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from inbox.platforms.base import Author
from inbox.platforms.reading import identity, record, records, words

# Country code, then a number; larger firms have ids for all their accounts ("US.ENT...."), which we do not go by.
A_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
A_NUMBER = re.compile(r"\+?[0-9]{5,20}")


@dataclass(frozen=True)
class Person:
    """`user_id` and `number` are "" where the payload does not say."""

    user_id: str = ""
    number: str = ""
    name: str = ""
    username: str = ""

    @property
    def peer(self) -> str:
        """What their conversation is known by."""
        return self.user_id or self.number

    @property
    def author(self) -> Author | None:
        """As an author; the number is shown where there is no name to show."""
        handle = self.username.removeprefix("@") or (f"+{self.number}" if self.number.isdecimal() else "")
        return Author(self.peer, self.name, handle) if self.peer else None


@dataclass(frozen=True)
class People:
    """The contacts that a change brings along, in any order."""

    known: list[Person] = field(default_factory=list)

    @classmethod
    def of(cls, value: dict[str, Any]) -> "People":
        """Those of one change."""
        return cls([_person(contact) for contact in records(value.get("contacts"))])

    def find(self, user_id: str, number: str) -> Person:
        """Whom these ids mean. With neither it can only be the one contact there is."""
        for one in self.known:
            if (user_id and one.user_id == user_id) or (number and one.number == number):
                return Person(one.user_id or user_id, one.number or number, one.name, one.username)
        if not user_id and not number and len(self.known) == 1:
            return self.known[0]
        return Person(user_id, number)


def number(external_id: str, handle: str) -> str:
    """The number of an account as we hold it, like +34600111222; "" for who shares none."""
    if external_id.isdecimal() and A_NUMBER.fullmatch(external_id):
        return f"+{external_id}"
    return handle if A_NUMBER.fullmatch(handle) and handle.startswith("+") else ""


def address(peer: str) -> dict[str, str]:
    """How a recipient is named in a request: by number, or by the id that a person without one has."""
    if A_NUMBER.fullmatch(peer):
        return {"to": peer}
    return {"recipient": peer} if A_USER_ID.fullmatch(peer) else {}


def _person(contact: dict[str, Any]) -> Person:
    profile = record(contact.get("profile"))
    name, username = words(profile.get("name")), words(profile.get("username"))
    return Person(identity(contact.get("user_id")), identity(contact.get("wa_id")), name, username)
