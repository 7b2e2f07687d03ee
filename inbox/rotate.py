"""`inbox rotate-keys`: everything sealed under an old SECRET_KEY is sealed again under the new one."""

from __future__ import annotations

import base64
from typing import Any

import asyncpg
import msgspec

from inbox import migrate
from inbox.desk import push, push_key
from inbox.flow import names
from inbox.ground.crypto import Safe
from inbox.ground.settings import Settings


async def run(settings: Settings, previous: str) -> int:
    """Give the roles their new passwords and reseal every secret, in one transaction; gives how many were resealed.

    Stop every process first, and start them with the new SECRET_KEY. Run twice, it changes nothing more. Raises
    CannotOpen if something was sealed with neither key.
    """
    await migrate.run(settings)
    safe = Safe(settings.secret_key, previous)
    owner = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        async with owner.transaction():
            return await _reseal(owner, safe)
    finally:
        await owner.close()


async def _reseal(owner: Any, safe: Safe) -> int:
    resealed = 0
    for row in await owner.fetch("SELECT workspace_id, id, credentials FROM channel FOR UPDATE"):
        context = f"channel:{row['id']}"
        await owner.execute(
            "UPDATE channel SET credentials = $3 WHERE workspace_id = $1 AND id = $2",
            row["workspace_id"],
            row["id"],
            safe.seal(safe.open(row["credentials"], context), context),
        )
        resealed += 1
    for row in await owner.fetch("SELECT platform, id, secrets FROM platform_app FOR UPDATE"):
        context = f"app:{row['platform']}/{row['id']}"
        await owner.execute(
            "UPDATE platform_app SET secrets = $3 WHERE platform = $1 AND id = $2",
            row["platform"],
            row["id"],
            safe.seal(safe.open(row["secrets"], context), context),
        )
        resealed += 1
    for row in await owner.fetch("SELECT code, person FROM deletion_request WHERE done_at IS NULL FOR UPDATE"):
        context = f"deletion:{row['code']}"
        again = safe.seal(safe.open(row["person"], context), context)
        await owner.execute("UPDATE deletion_request SET person = $2 WHERE code = $1", row["code"], again)
        resealed += 1
    for row in await owner.fetch("SELECT workspace_id, id, secrets FROM webhook FOR UPDATE"):
        context = f"webhook:{row['id']}"
        await owner.execute(
            "UPDATE webhook SET secrets = $3 WHERE workspace_id = $1 AND id = $2",
            row["workspace_id"],
            row["id"],
            safe.seal(safe.open(row["secrets"], context), context),
        )
        resealed += 1
    for row in await owner.fetch("SELECT user_id, secret FROM second_step FOR UPDATE"):
        context = f"second_step:{row['user_id']}"
        again = safe.seal(safe.open(row["secret"], context), context)
        await owner.execute("UPDATE second_step SET secret = $2 WHERE user_id = $1", row["user_id"], again)
        resealed += 1
    await owner.execute("DELETE FROM oauth_state")  # who is on the way to a platform begins again
    for row in await owner.fetch("SELECT endpoint_hash, sealed FROM push_subscription FOR UPDATE"):
        context = push.context(row["endpoint_hash"])
        again = safe.seal(safe.open(row["sealed"], context), context)
        await owner.execute(
            "UPDATE push_subscription SET sealed = $2 WHERE endpoint_hash = $1 AND sealed = $3",
            row["endpoint_hash"],
            again,
            row["sealed"],
        )
        resealed += 1
    for key in (names.KEY, push_key.KEY):
        sealed = await owner.fetchval("SELECT value ->> 'sealed' FROM setting WHERE key = $1 FOR UPDATE", key)
        if sealed:
            again = safe.seal(safe.open(base64.b64decode(sealed), key), key)
            value = msgspec.json.encode({"sealed": base64.b64encode(again).decode()}).decode()
            await owner.execute("UPDATE setting SET value = $2::jsonb, updated_at = now() WHERE key = $1", key, value)
            resealed += 1
    return resealed
