"""A desk whose waiting is counted."""

import pytest

from inbox.ground.db import Database
from tests.desk.story import Desk


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)
