"""What the road out needs: the rooms it works in, and its pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.platforms.base import Connector


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds. `settle` None: from what the platform was seen to need.

    The deadline of a send ends well before its lease, also when the claim took long to commit; and before a worker
    that is told to stop loses its patience.
    """

    deadline: float = 20.0
    lease: float = 60.0
    look_deadline: float = 15.0
    first_look: float = 5.0
    settle: float | None = None
    ask_after: float = 900.0
    keep_looking: float = 2 * 86_400.0
    hold: float = 30.0  # until a stopped or signed-out channel is asked again
    part_wait: float = 5.0
    backoff: float = 5.0
    longest_backoff: float = 600.0
    give_up_after: float = 86_400.0  # a platform that only ever asks us to wait
    tries: int = 8

    def __post_init__(self) -> None:
        if self.deadline * 2 > self.lease:
            raise ValueError("A send must end long before its lease does.")


@dataclass(frozen=True, slots=True)
class Road:
    """The rooms of one worker, as far as sending needs them."""

    database: Database
    bell: Bell
    safe: Safe
    outbound: Outbound
    platforms: Mapping[str, Connector]
    pace: Pace = field(default_factory=Pace)
