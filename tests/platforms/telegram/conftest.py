"""A simulated Telegram that really listens, somebody who hears its webhooks, and the connector between them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, App, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.telegram.connector import Telegram
from inbox.platforms.telegram.simulator import Telegram as Network
from tests.platforms.house import Connected, Listener, account_of, running, served

ANA = Person("7001", "Ana Ruiz", "anaruiz")
LI = Person("7002", "Li Wei")


class Desk(Connected[Telegram]):
    """Our account there: what it polls, and what it does."""

    async def does(self, action: Action, **more: Any) -> Any:
        """Ask for an act."""
        return await self.send(outgoing(action, **more))


@pytest.fixture
def telegram() -> Telegram:
    return Telegram()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1040", secrets=["secret"], handle="nordwind", through_business=False)
    network.postman.patience = 5
    async with running(network):
        yield network


@pytest.fixture
async def listener(telegram: Telegram, network: Network) -> AsyncIterator[tuple[Listener, str]]:
    listener = Listener(telegram, App(id="demo", platform="telegram", secrets=[], verify_token="a-secret_Token"))
    async with served(listener) as url:
        yield listener, f"{url}/webhooks/telegram/demo"
        await network.flush()


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network, poll_timeout=0)


@pytest.fixture
def desk(telegram: Telegram, http: httpx.AsyncClient, account: Account) -> Desk:
    return Desk(telegram, http, account)


def outgoing(action: Action, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM if action is Action.DM else Kind.MENTION, "correlation": "inbox:msg:42"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), **more}
    if action is Action.DM and "recipient" not in given and "thread" not in given:
        given |= {"recipient": ANA.external_id, "thread": ANA.external_id}
    return Outgoing(action=action, **given)
