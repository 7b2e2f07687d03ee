import pytest

from inbox.ground.db import Database
from tests.flow.road import Road
from tests.world import World


@pytest.fixture
async def road(database: Database) -> Road:
    """A page in a fresh workspace, and customers who may write to it."""
    return await Road.make(await World.make(database))
