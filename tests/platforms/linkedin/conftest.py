"""A simulated LinkedIn that really listens, somebody who hears its webhooks, and the connector between them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import Account, Action, App, Kind, Outgoing
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from inbox.platforms.simulation import Person
from tests.platforms.house import Listener, Sweeping, account_of, heard_by, paid, running, sweeping

ANA = Person("7001", "Ana Ruiz")
LI = Person("7002", "Li Wei")
PAGE = "urn:li:organization:1040"
Polling = Sweeping[float]


@pytest.fixture
def linkedin() -> LinkedIn:
    return LinkedIn()


@pytest.fixture
async def network(linkedin: LinkedIn) -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["client-secret", "older"])
    network.postman.patience = 5
    async with running(network):
        yield network


@pytest.fixture
async def listener(linkedin: LinkedIn, network: Network) -> AsyncIterator[Listener]:
    app = App(id=network.client_id, platform="linkedin", secrets=network.secrets)
    async with heard_by(linkedin, network, app) as listener:
        yield listener


@pytest.fixture
def account(network: Network) -> Account:
    """Our page, whose name nobody has asked for yet."""
    return msgspec.structs.replace(account_of(network), name="", handle="")


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.COMMENT, "correlation": "inbox:msg:42", "text": "On its way!"}
    return Outgoing(action=action, **(given | {"created_at": datetime.now(UTC)} | more))


@pytest.fixture
def sweep(linkedin: LinkedIn, http: httpx.AsyncClient, account: Account) -> Polling:
    """Poll until there is no more; gives the events, the cursor and how many calls it took."""
    return sweeping(linkedin, http, account, paid)
