from collections.abc import AsyncIterator

import pytest

from inbox.ground.db import Database
from tests.desk.story import Desk


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """A workspace to tell a story in. However it ends, every number must be right and every change announced."""
    desk = await Desk.make(database)
    yield desk
    await desk.stands()
