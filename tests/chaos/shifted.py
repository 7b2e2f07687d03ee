"""A worker of the road out whose clock jumps when it is told to, by so many seconds.

python -m tests.chaos.shifted -900 '{"settle": 0.2}'        # SIGUSR1: now

On uvloop, as workers run: its timers do not look at the wall, and neither do a machine's when its clock is set.
"""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import time_machine
import uvloop

from inbox.flow.road import Pace
from tests.outbox.worker import main


def jump(*_: Any) -> None:
    """From here on it is another time in this process."""
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(sys.argv[1])), tick=True).start()
    print("jumped", flush=True)  # noqa: T201


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, jump)
    uvloop.run(main(msgspec.json.decode(sys.argv[2], type=Pace)))
