from collections.abc import AsyncIterator

import pytest

from inbox.ground.db import Database
from tests.rules.office import Rules


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Rules]:
    """A workspace with rules. However the story ends, every number must be right and every change announced."""
    office = await Rules.make(database)
    yield office
    await office.stands()
