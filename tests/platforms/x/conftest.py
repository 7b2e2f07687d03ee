"""A simulated X that really listens, somebody who answers its challenges and hears its webhooks, and the connector."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, App, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import Listener, Sweeping, account_of, heard_by, paid, running, sweeping

ANA = Person("7001", "Ana Ruiz", "anaruiz")
LI = Person("7002", "Li Wei", "liwei")
Sweep = Sweeping[float]


@pytest.fixture
def x() -> X:
    return X()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """An X on which only who names us or quotes us may be answered."""
    network = Network(account="1040", secrets=["consumer-secret", "token-secret"])
    network.enterprise = False
    network.postman.patience = 5
    async with running(network):
        yield network


@pytest.fixture
async def listener(x: X, network: Network) -> AsyncIterator[Listener]:
    app = App(id="demo", platform="x", secrets=["consumer-secret"])
    async with heard_by(x, network, app) as listener:
        yield listener


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network)


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.COMMENT, "correlation": "c1"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), **more}
    if action is Action.DM and "recipient" not in given:
        given |= {"recipient": ANA.external_id, "thread": ANA.external_id}
    return Outgoing(action=action, **given)


def answering(*responses: httpx.Response | Exception) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    """A client whose requests are answered in turn, the last answer for ever, and what was asked."""
    asked: list[httpx.Request] = []
    waiting = list(responses)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        told = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(told, Exception):
            raise told
        return told

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), asked


@pytest.fixture
def sweep(x: X, http: httpx.AsyncClient, account: Account) -> Sweep:
    """Poll until there is no more; gives the events, the cursor and what it cost."""
    return sweeping(x, http, account, paid)
