"""A simulated Instagram that really listens, somebody who hears its webhooks, and the connector between them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Author, Kind, Outgoing
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from inbox.platforms.simulation import Person
from tests.platforms.house import Listener, Sweeping, account_of, counted, heard_by, running, sweeping
from tests.platforms.meta.house import app_of

ANA = Person("7001", "Ana Ruiz", "ana.r")
LI = Person("7002", "Li Wei", "li.wei")
US = "17841000000001040"
Polling = Sweeping[int | None]


@pytest.fixture
def instagram() -> Instagram:
    return Instagram()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["app-secret"])
    network.postman.patience = 5
    async with running(network):
        yield network


@pytest.fixture
async def listener(instagram: Instagram, network: Network) -> AsyncIterator[Listener]:
    async with heard_by(instagram, network, app_of(network)) as listener:
        yield listener


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network)


@pytest.fixture
def sweep(instagram: Instagram, http: httpx.AsyncClient, account: Account) -> Polling:
    """Poll until there is no more; gives the events, the cursor and what the platform counted."""
    return sweeping(instagram, http, account, counted)


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.COMMENT, "correlation": "inbox:msg:42"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), "target_author": Author("7001", "", "ana.r")}
    given |= more
    if action is Action.DM and "recipient" not in given:
        given |= {"recipient": ANA.external_id, "thread": ANA.external_id}
    if action is Action.DM and "last_customer_item_at" not in given:
        given["last_customer_item_at"] = datetime.now(UTC) - timedelta(minutes=5)
    return Outgoing(action=action, **given)
