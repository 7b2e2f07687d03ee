"""What every loop is handed: the rooms of one worker process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.base import Connector


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    database: Database
    bell: Bell
    safe: Safe
    outbound: Outbound
    platforms: Mapping[str, Connector]
