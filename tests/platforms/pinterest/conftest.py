"""A simulated Pinterest that really listens, and the connector connected to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from inbox.platforms.base import Account
from inbox.platforms.pinterest.connector import Pinterest
from inbox.platforms.pinterest.simulator import Pinterest as Network
from inbox.platforms.simulation import Person
from tests.platforms.house import Sweeping, account_of, paid, running, sweeping

ANA = Person("7001", "Ana Ruiz")
LI = Person("7002", "Li Wei")
Polling = Sweeping[float]


@pytest.fixture
def pinterest() -> Pinterest:
    return Pinterest()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network(account="549", secrets=["app-secret", "older"])
    async with running(network):
        yield network


@pytest.fixture
def account(network: Network) -> Account:
    return account_of(network)


@pytest.fixture
def sweep(pinterest: Pinterest, http: httpx.AsyncClient, account: Account) -> Polling:
    """Poll until there is no more; gives the events and the cursor."""
    return sweeping(pinterest, http, account, paid)
