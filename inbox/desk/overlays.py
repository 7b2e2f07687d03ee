"""What stands on a person made of several contacts: each one's own first, then that of those merged into it. Pure.

standing(root, below, own)      # own: {contact: {"vip": True}}, below: {contact: [merged into it]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

Name = TypeVar("Name")
Thing = TypeVar("Thing")


def standing(
    contact: UUID, below: Mapping[UUID, Sequence[UUID]], own: Mapping[UUID, Mapping[Name, Thing]]
) -> dict[Name, Thing]:
    """By name. Of several merged ones the first that says something is believed; a contact's own word is the last."""
    found: dict[Name, Thing] = {}
    for merged in below.get(contact, ()):
        for name, thing in standing(merged, below, own).items():
            if not found.get(name):  # taken off or emptied there says nothing here
                found[name] = thing
    return found | dict(own.get(contact, {}))
