"""The installation's one key for hashing outside ids, sealed in `setting`; made by whoever asks first."""

from __future__ import annotations

import base64
import os
from functools import lru_cache

import msgspec

from inbox.ground.crypto import Hasher, Safe
from inbox.ground.db import Connection, Database

KEY = "external_ids"
ERASED = "erased:"
STORED = "SELECT value ->> 'sealed' FROM setting WHERE key = $1"


async def hasher(database: Database, connection: Connection, safe: Safe) -> Hasher:
    """The same for every process of an installation, for ever. `connection`: one that may read settings."""
    sealed = await connection.fetchval(STORED, KEY)
    return _open(safe, sealed or await _made(database, safe))


async def known(database: Database, connection: Connection) -> Hasher:
    """The same, for whoever holds no safe."""
    return await hasher(database, connection, Safe(database.settings.secret_key))


def erased(hasher: Hasher, external_id: str) -> str:
    """What stands in place of an outside id once its person was erased: known again, and not to be read."""
    return f"{ERASED}{hasher.of(external_id).hex()}"


async def _made(database: Database, safe: Safe) -> str:
    fresh = base64.b64encode(safe.seal(base64.b64encode(os.urandom(32)).decode(), KEY)).decode()
    async with database.app.acquire() as connection:
        await connection.execute(
            "INSERT INTO setting (key, value) VALUES ($1, $2::jsonb) ON CONFLICT DO NOTHING",
            KEY,
            msgspec.json.encode({"sealed": fresh}).decode(),
        )
        return str(await connection.fetchval(STORED, KEY))


@lru_cache(maxsize=8)
def _open(safe: Safe, sealed: str) -> Hasher:
    return Hasher(base64.b64decode(safe.open(base64.b64decode(sealed), KEY)))
