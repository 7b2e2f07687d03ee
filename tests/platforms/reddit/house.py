"""A simulated Reddit on a real port, and our connector connected to it as the product drives it."""

from datetime import UTC, datetime
from typing import Any

import httpx

from inbox.platforms.base import Action, Incoming, Kind, Outgoing
from inbox.platforms.reddit.connector import Reddit
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.simulation import Person
from tests.platforms import house
from tests.platforms.house import account_of

ANA = Person("7001", "Ana Ruiz", "ana_r")
LI = Person("7002", "Li Wei", "li_w")


class Connected(house.Connected[Reddit]):
    """Our account there."""

    renews = True

    @classmethod
    def to(cls, network: RedditSimulator, http: httpx.AsyncClient, **settings: Any) -> "Connected":
        return cls(Reddit(), http, account_of(network, tend_seconds=0, **settings))


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.COMMENT, "correlation": "inbox:msg:42"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), **more}
    return Outgoing(action=action, **given)


def ids(events: list[Incoming]) -> list[str]:
    """The names of what was heard, sorted: the order in which it is told is nobody's promise."""
    return sorted(event.external_id for event in events)
