"""A worker process of its own that reads what the feed tells the rules and does what is due, until all is done.

python -m tests.rules.worker <workspace>        # the environment says the rest, as for `inbox work`
"""

import asyncio
import sys
from uuid import UUID

from inbox.flow import readers
from inbox.flow.ruling import Rules
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.rules import running


async def main(workspace_id: UUID) -> None:
    database = await Database.open(Settings.from_environment(), app=2, intake=1, claim=1)
    while workspace_id in await readers.behind(database, Rules()):
        await readers.turn(database, Rules(), workspace_id)
    while await running.work(database, workspace_id, limit=2):
        pass
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(UUID(sys.argv[1])))
