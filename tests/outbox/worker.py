"""A worker process of its own, which runs the loop of the road out and nothing else, until SIGTERM or a failpoint.

python -m tests.outbox.worker '{"settle": 0.2}'        # the environment says the rest, as for `inbox work`
"""

import asyncio
import signal
import sys

import msgspec

from inbox.flow.road import Pace
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from tests.outbox.echo_platform import PLATFORMS
from workers import outbox
from workers.house import House


async def main(pace: Pace) -> None:
    settings = Settings.from_environment()
    database = await Database.open(settings, app=4, intake=1, claim=1)
    bell = Bell(settings)
    await bell.start()
    house = House(settings, database, bell, Safe(settings.secret_key), Outbound(settings), PLATFORMS)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", flush=True)  # noqa: T201
    await outbox.drain(house, stop, pace)
    await bell.stop()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Pace)))
