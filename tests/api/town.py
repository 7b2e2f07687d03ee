"""A demo workspace beside a network that is simulated but really listens: for stories about connecting accounts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from inbox.api.doorstep import Doorstep
from inbox.platforms.facebook.simulator import Facebook
from inbox.platforms.meta.simulator_network import MetaNetwork
from tests.api.browser import Browsers
from tests.world import World

SECRET = "0123456789abcdef0123456789abcdef"


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[int]:
    """The port at which uvicorn serves this application."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


@dataclass
class Town:
    """A demo workspace, its admin's browser, and the network there is to connect to."""

    world: World
    network: Facebook
    web: Browsers
    admin: httpx.AsyncClient
    home: str
    harbour: Harbour

    @property
    def wanted(self) -> dict[str, Any]:
        return {
            "platform": "facebook",
            "fields": {
                "page_id": self.network.account,
                "access_token": self.network.token,
                "app_id": self.network.app_id,
                "app_secret": self.network.secrets[0],
            },
            "settings": {"api_url": self.network.url},
        }

    async def connect(self, **fields: str) -> httpx.Response:
        return await self.admin.post("/channels", json={**self.wanted, "fields": {**self.wanted["fields"], **fields}})


@dataclass
class Harbour:
    """One application and one network's port, both really listening, for all these stories; each brings its network."""

    app: Doorstep
    port: int
    home: str  # the address at which we ourselves listen
    network: MetaNetwork | None = None
    files: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)  # what the network's file server holds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.network is not None
        if scope["path"] in self.files:
            status, mime, content = self.files[scope["path"]]
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", mime.encode())]})
            await send({"type": "http.response.body", "body": content})
            return
        await self.network.app(scope, receive, send)
