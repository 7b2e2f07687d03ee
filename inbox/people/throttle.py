"""Failed attempts, counted in Postgres, so that two processes are no more patient than one.

An attempt is counted before it is judged: a hundred guesses at the same instant are a hundred, not one.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta

from inbox.ground import clock
from inbox.ground.db import Connection, Database
from inbox.ground.errors import TooMany

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 30

COUNT = """
INSERT INTO throttle AS t (key, count, until)
SELECT key, 1, now() + $2::interval FROM unnest($1::text[]) key ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN t.until <= now() THEN 1 ELSE t.count + 1 END,
    until = CASE WHEN t.until <= now() THEN now() + $2::interval ELSE t.until END
RETURNING key, count, until
"""


async def attempt(database: Database, *, address: str, account: str = "", per_account: int = PER_ACCOUNT) -> None:
    """Count one attempt from this address, and at this account if one is named. Raises TooMany with `retry_after`."""
    limits = {_address_key(address): PER_ADDRESS}
    if account:
        limits[_account_key(account)] = per_account
    async with database.app.acquire() as connection:
        counted = await connection.fetch(COUNT, list(limits), WINDOW)
    until = [row["until"] for row in counted if row["count"] > limits[row["key"]]]
    if until:
        raise _patience(max(until))


async def guess(database: Database, *, address: str, at: str) -> None:
    """Count a wrong secret at a door where only those count, and apart from who signs in. Raises TooMany."""
    async with database.app.acquire() as connection:
        (row,) = await connection.fetch(COUNT, [f"{at}:{_address_key(address)}"], WINDOW)
    if row["count"] > PER_ADDRESS:
        raise _patience(row["until"])


async def forgive(database: Database, *, address: str, account: str) -> None:
    """It was the right person: nothing is held against the account, and the address gets its attempt back."""
    async with database.app.acquire() as connection:
        await connection.execute("DELETE FROM throttle WHERE key = $1", _account_key(account))
        await connection.execute(
            "UPDATE throttle SET count = greatest(count - 1, 0) WHERE key = $1", _address_key(address)
        )


async def sweep(connection: Connection) -> None:
    """Drop what is over."""
    await connection.execute("DELETE FROM throttle WHERE until < now()")


def _patience(until: datetime) -> TooMany:
    wait = max(1, int((until - clock.now()).total_seconds()) + 1)
    minutes = -(-wait // 60)
    return TooMany(
        f"That was too often. Please try again in {minutes} minute{'s' if minutes > 1 else ''}.", retry_after=wait
    )


def _account_key(account: str) -> str:
    """Hashed: somebody may have typed a password where the address belongs."""
    return "account:" + hashlib.sha256(account.strip().lower().encode("utf-8", "replace")).hexdigest()


def _address_key(address: str) -> str:
    """An IPv6 household has a whole /64 to try from."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        return f"address:{ipaddress.ip_network((ip, 64), strict=False)}"
    return f"address:{ip}"
