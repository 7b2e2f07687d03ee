"""A simulated WhatsApp that really listens, somebody who hears its webhooks, and the connector between them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Kind, Outgoing
from inbox.platforms.simulation import Person
from inbox.platforms.whatsapp.connector import WhatsApp
from inbox.platforms.whatsapp.simulator import WhatsApp as Network
from tests.platforms.house import Listener, account_of, heard_by, running
from tests.platforms.meta.house import app_of

ANA = Person("351900000001", "Ana Ruiz", "anaruiz")
LI = Person("16505551234", "Li Wei")


@dataclass
class Desk:
    """Our number there, and what it does."""

    connector: WhatsApp
    http: httpx.AsyncClient
    account: Account
    network: Network

    async def send(self, action: Action = Action.DM, to: Person = ANA, **more: Any) -> Any:
        """Ask for an act."""
        peer = self.network.peers.get(to.external_id, to.external_id)
        return await self.connector.send(self.http, self.account, outgoing(action, peer, **more))


@pytest.fixture
def whatsapp() -> WhatsApp:
    return WhatsApp()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="1060", secrets=["app-secret"])
    network.postman.patience = 5
    async with running(network):
        yield network


@pytest.fixture
async def listener(whatsapp: WhatsApp, network: Network) -> AsyncIterator[Listener]:
    async with heard_by(whatsapp, network, app_of(network)) as listener:
        yield listener


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network)


@pytest.fixture
def desk(whatsapp: WhatsApp, http: httpx.AsyncClient, account: Account, network: Network) -> Desk:
    return Desk(whatsapp, http, account, network)


def outgoing(action: Action, peer: str, **more: Any) -> Outgoing:
    """An act, with what the test does not care about filled in."""
    given: dict[str, Any] = {"kind": Kind.DM, "correlation": "0190a000-0000-7000-8000-000000000042"}
    given |= {"text": "On its way!", "created_at": datetime.now(UTC), "recipient": peer, "thread": peer, **more}
    return Outgoing(action=action, **given)
