"""What every test may ask for: real servers, an empty database behind its three roles, and a browser."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as drawing

from inbox.ground import logs
from inbox.ground.db import Database
from inbox.ground.embedded import Valkey
from inbox.ground.settings import Settings
from tests import servers
from tests.browser import browser as browser

SHARED = "EARSHOT_TEST_DATABASE_URL"

# How long a draw takes says nothing of what is drawn, and on a busy machine it may take long.
drawing.register_profile("earshot", deadline=None, suppress_health_check=[HealthCheck.too_slow])
drawing.load_profile("earshot")

# Before any story captures what is logged: from then on it would count as configured, and every traceback be drawn with
# all its values, which takes seconds and stops the house meanwhile.
logs.configure("json", process="tests")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """With several workers the one that starts them keeps the cluster, for it lives longest."""
    cluster = servers.Cluster()
    config.add_cleanup(cluster.stop)
    os.environ[SHARED] = cluster.url


@pytest.fixture(scope="session")
def template_url() -> Iterator[str]:
    """The owner's address of the migrated, empty database from which others are cloned."""
    if shared := os.environ.get(SHARED):
        yield shared
        return
    cluster = servers.Cluster()
    yield cluster.url
    cluster.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """This worker's own Valkey."""
    server = Valkey.start(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def settings(template_url: str, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """This worker's installation: its own database, Valkey and data folder."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    url = await servers.clone(template_url, f"earshot_{worker}")
    return servers.settings_for(url, valkey.url, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
async def owner(settings: Settings) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection with all rights, for preparing and looking; the product never has one."""
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings)
    yield database
    await database.close()


@pytest.fixture
async def database(
    open_database: Database, owner: "asyncpg.Connection[asyncpg.Record]", settings: Settings
) -> Database:
    """The product's own doors to a database in which nothing has happened yet."""
    await servers.empty(owner, settings.redis_url)
    return open_database


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder with the Makefile in it."""
    return Path(__file__).parent.parent
