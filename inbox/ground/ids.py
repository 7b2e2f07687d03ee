"""Names for rows."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUIDv7: a name whose first bits follow the clock, so that indexes stay warm. Never an order to rely on."""
    stamp = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10), "big")
    return UUID(int=(stamp << 80) | (0x7 << 76) | ((noise >> 68) << 64) | (0b10 << 62) | (noise & ((1 << 62) - 1)))
