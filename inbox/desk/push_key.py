"""The installation's one key for Web Push, sealed in `setting`; made by whoever asks first, and the same for ever.

Browsers subscribe to it: with another key, every device would have to be switched on again.
"""

from __future__ import annotations

import base64
from functools import lru_cache

import msgspec

from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database
from inbox.ground.pushing import PushKey

KEY = "push"
STORED = "SELECT value ->> 'sealed' FROM setting WHERE key = $1"


async def installed(database: Database, safe: Safe) -> PushKey:
    """The same for every process."""
    async with database.app.acquire() as connection:
        return _open(safe, await connection.fetchval(STORED, KEY) or await _made(connection, safe))


async def _made(connection: Connection, safe: Safe) -> str:
    fresh = base64.b64encode(safe.seal(PushKey.fresh().kept, KEY)).decode()
    await connection.execute(
        "INSERT INTO setting (key, value) VALUES ($1, $2::jsonb) ON CONFLICT DO NOTHING",
        KEY,
        msgspec.json.encode({"sealed": fresh}).decode(),
    )
    return str(await connection.fetchval(STORED, KEY))


@lru_cache(maxsize=8)
def _open(safe: Safe, sealed: str) -> PushKey:
    return PushKey.read(safe.open(base64.b64decode(sealed), KEY))
