"""A running Bluesky network of one server: accounts, posts, notifications and firehose are the real software's."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import httpx

from inbox.ground.processes import Child
from tests.bluesky_server import install
from tests.servers import on_database

START = Path(__file__).parent / "start.mjs"
PATIENCE = 180  # seconds


class Account(NamedTuple):
    """One person on the server; `handle` and `password` sign in."""

    did: str
    handle: str
    password: str


class BlueskyServer:
    """PLC, PDS and AppView in one child process, on loopback alone.

    server = await BlueskyServer.start(folder, postgres_url, redis_url)
    ana = await server.create_account("ana")
    await server.stop()
    """

    def __init__(self, child: Child, database_url: str, jwt_secret: str, bypass_key: str) -> None:
        self._child = child
        self._database_url = database_url
        self._jwt_secret = jwt_secret
        self._bypass_key = bypass_key
        self._control_url = ""
        self.pds_url = ""
        self.plc_url = ""

    @classmethod
    async def start(cls, folder: Path, postgres_url: str, redis_url: str) -> "BlueskyServer":
        """Start it on a database of its own in that cluster; raises `NotInstallableError`, `RuntimeError`."""
        node = install.ensure()
        database_url = on_database(postgres_url, f"bluesky_{secrets.token_hex(4)}")
        await _administer(database_url, "CREATE DATABASE {}")
        jwt_secret, bypass_key, redis = secrets.token_hex(16), secrets.token_hex(16), urlsplit(redis_url)
        told = {
            "folder": str(folder),
            "postgres": database_url,
            "redis": {"address": f"{redis.hostname}:{redis.port}", "password": redis.password},
            "jwtSecret": jwt_secret,
            "bypassKey": bypass_key,
        }
        # Everything it keeps goes to the temporary folder it is told, and nothing of our environment reaches it.
        child = Child(
            [node, "--no-deprecation", START],
            env={"PATH": os.defpath, "TMPDIR": str(folder), "TZ": "UTC"},
            cwd=folder,
            stdin=json.dumps(told).encode(),
            log=folder / "log",
        )
        server = cls(child, database_url, jwt_secret, bypass_key)
        try:
            await server._comes_up(folder)
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def pid(self) -> int:
        return self._child.pid

    async def create_account(self, name: str) -> Account:
        """A new account whose handle starts with `name`, at most 11 letters."""
        account, _ = await self.sign_up(name)
        return account

    async def sign_up(self, name: str) -> tuple[Account, dict[str, Any]]:
        """The same with its first session, which spares the third of a second that signing in takes."""
        handle, password = f"{name}-{secrets.token_hex(3)}.test", secrets.token_hex(8)
        async with httpx.AsyncClient(base_url=self.pds_url, timeout=PATIENCE) as http:
            response = await http.post(
                "/xrpc/com.atproto.server.createAccount",
                json={"handle": handle, "email": f"{handle}@mail.test", "password": password},
                headers={"x-ratelimit-bypass": self._bypass_key},
            )
        if response.status_code != 200:
            raise RuntimeError(f"The Bluesky server made no account {handle}: {response.text}")
        session: dict[str, Any] = response.json()
        return Account(session["did"], handle, password), session

    async def process_all(self) -> None:
        """Wait until what has been written so far is in every timeline and notification list."""
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            response = await http.post(self._control_url)
        if response.status_code != 204:
            raise RuntimeError(f"The Bluesky server did not catch up: {response.text}")

    def expired_token(self, did: str) -> str:
        """The access token this server gave `did` three hours ago, which ended an hour ago."""
        now = int(time.time())
        claims = {"scope": "com.atproto.access", "aud": "did:web:localhost", "sub": did}
        parts = [{"typ": "at+jwt", "alg": "HS256"}, claims | {"iat": now - 10_800, "exp": now - 3_600}]
        signed = b".".join(_base64url(json.dumps(part).encode()) for part in parts)
        signature = hmac.digest(self._jwt_secret.encode(), signed, hashlib.sha256)
        return (signed + b"." + _base64url(signature)).decode()

    async def stop(self) -> None:
        """End it and drop its database."""
        self._child.stop()
        await _administer(self._database_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)")

    async def _comes_up(self, folder: Path) -> None:
        ready, end = folder / "ready.json", time.monotonic() + PATIENCE
        while not ready.exists():
            if self._child.exit_code() is not None or time.monotonic() > end:
                log = (folder / "log").read_text(errors="replace")
                raise RuntimeError(f"The Bluesky server did not start:\n{log[-3000:]}")
            await asyncio.sleep(0.02)
        said = json.loads(ready.read_text())
        self.pds_url, self.plc_url, self._control_url = said["pds"], said["plc"], said["control"]


async def _administer(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(on_database(database_url, "postgres"))
    try:
        await connection.execute(statement.format(urlsplit(database_url).path.strip("/")))
    finally:
        await connection.close()


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
