"""A simulated Threads that really listens, somebody who hears its webhooks, and the connector between them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.threads.connector import Threads
from inbox.platforms.threads.simulator import Threads as Network
from tests.platforms.house import Listener, Sweeping, account_of, counted, heard_by, running, sweeping
from tests.platforms.meta.house import app_of

ANA = Person("7001", "Ana Ruiz", "ana.r")
LI = Person("7002", "Li Wei", "li.wei")
US = "2000000000001040"
Polling = Sweeping[int | None]


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["app-secret"])
    network.postman.patience = 5
    async with running(network):
        yield network


@pytest.fixture
async def listener(threads: Threads, network: Network) -> AsyncIterator[Listener]:
    async with heard_by(threads, network, app_of(network)) as listener:
        yield listener


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network)


@pytest.fixture
def sweep(threads: Threads, http: httpx.AsyncClient, account: Account) -> Polling:
    """Poll until there is no more; gives the events, the cursor and what the platform counted."""
    return sweeping(threads, http, account, counted)


def outgoing(action: Action = Action.REPLY, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.COMMENT, "correlation": "inbox:msg:42", "text": "On its way!"}
    return Outgoing(action=action, **{**given, "created_at": datetime.now(UTC), **more})
