"""A team's page in a real browser, over a web process that really listens.

ada = await office.sits_down(office.ada)              # a browser in which Ada is signed in, at her inbox
await office.desk.hears("7001", "Where is my order?", ago=5)
await expect(ada.row("Where is my order?")).to_be_visible()
await ada.presses("j", "Enter", "r")
"""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import uvicorn
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from inbox.desk import arrivals, deliveries
from inbox.ground.bell import Bell
from inbox.ground.processes import free_port
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.people.sessions import COOKIE
from inbox.platforms.base import Sent
from inbox.realtime import events
from inbox.serving import server
from tests.browser import PATIENCE
from tests.desk.story import Desk


@dataclass
class Seat:
    """One person at one browser."""

    page: Page
    complaints: list[str] = field(default_factory=list)  # what the browser itself found wrong

    def row(self, text: str) -> Locator:
        """The row of the list that shows these words."""
        return self.page.locator("[data-row]").filter(has_text=text)

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-row]")

    def bubble(self, text: str) -> Locator:
        return self.page.locator("[data-message]").filter(has_text=text)

    @property
    def composer(self) -> Locator:
        return self.page.locator("[data-composer]")

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def opens(self, text: str) -> None:
        """Open the conversation whose row shows these words."""
        await self.row(text).click()
        await expect(self.page.locator("[data-message]").first).to_be_visible()

    async def goes(self, path: str) -> None:
        await self.page.goto(path)

    async def is_live(self) -> None:
        await expect(self.page.locator("[data-connection=live]")).to_be_visible()


class Office:
    """One workspace behind a served page, and people who sit down at it."""

    def __init__(self, desk: Desk, settings: Settings, browser: Browser) -> None:
        self.desk, self.browser = desk, browser
        port = free_port()
        self.settings = dataclasses.replace(settings, port=port, base_url=f"http://127.0.0.1:{port}")
        self.bell = Bell(self.settings)
        self._web: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._contexts: list[BrowserContext] = []
        self.seats: list[Seat] = []

    @property
    def ada(self) -> Agent:
        return self.desk.world.admin

    @property
    def ana(self) -> Agent:
        return self.desk.world.agent

    @property
    def sam(self) -> Agent:
        return self.desk.world.supervisor

    # The web process

    async def opens(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.settings.port))
        self._web = server(self.settings)
        self._serving = asyncio.create_task(self._web.serve(sockets=[listener]))
        async with asyncio.timeout(20):
            while not self._web.started:  # noqa: ASYNC110 - uvicorn offers no event
                await asyncio.sleep(0.01)

    async def closes(self) -> None:
        assert self._web
        assert self._serving
        self._web.should_exit = True
        await self._serving
        self._web = None

    async def locks_up(self) -> None:
        """The day is over."""
        for context in self._contexts:
            await context.close()
        if self._web:
            await self.closes()
        await self.bell.stop()

    # People

    async def visitor(self, *, dark: bool = False, width: int = 1440, height: int = 900, locale: str = "en-GB") -> Seat:
        """Somebody at a browser of their own, not signed in."""
        context = await self.browser.new_context(
            base_url=self.settings.base_url,
            locale=locale,
            timezone_id="Europe/Lisbon",
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = await context.new_page()
        seat = Seat(page)
        page.on("pageerror", lambda error: seat.complaints.append(str(error)))
        page.on("console", lambda line: seat.complaints.append(line.text) if "Content Security" in line.text else None)
        self.seats.append(seat)
        return seat

    async def sits_down(
        self, who: Agent, path: str = "/inbox/open", *, dark: bool = False, width: int = 1440, height: int = 900
    ) -> Seat:
        """Somebody signed in, with the page open and live."""
        seat = await self.visitor(dark=dark, width=width, height=height)
        cookie, _ = await self.desk.world.sign_in(who)
        await seat.page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.settings.base_url}])
        await seat.goes(path)
        await seat.is_live()
        return seat

    def tells(self) -> None:
        """The hint a worker gives after its commit."""
        self.bell.ring(f"feed:{self.desk.workspace_id}")

    # What the platform does with what was written

    async def message_id(self, text: str) -> UUID:
        rows = await self.desk.rows("SELECT id FROM message WHERE workspace_id = $1 AND text = $2 ORDER BY id", text)
        return UUID(str(rows[-1]["id"]))

    async def becomes(self, text: str, state: str) -> None:
        """Wait until the reply with this text is in this state: the page shows what was asked before it is done."""
        asked = "SELECT 1 FROM message WHERE workspace_id = $1 AND text = $2 AND delivery = $3"
        async with asyncio.timeout(PATIENCE / 1000):
            while not await self.desk.rows(asked, text, state):  # noqa: ASYNC110 - the condition is Postgres'
                await asyncio.sleep(0.02)

    async def settles(self, text: str, status: str) -> None:
        """Wait until the conversation with these words has this status."""
        asked = """SELECT 1 FROM conversation c JOIN message m ON m.workspace_id = c.workspace_id
                       AND m.conversation_id = c.id WHERE c.workspace_id = $1 AND m.text = $2 AND c.status = $3"""
        async with asyncio.timeout(PATIENCE / 1000):
            while not await self.desk.rows(asked, text, status):  # noqa: ASYNC110 - the condition is Postgres'
                await asyncio.sleep(0.02)

    async def takes(self, text: str) -> None:
        """The platform took it."""
        await self._settles(text, "sent")

    async def refuses(self, text: str, reason: str) -> None:
        """The platform said no, and why."""
        await self._settles(text, "failed", reason)

    async def cannot_tell(self, text: str, reason: str) -> None:
        """Nobody knows whether the platform has it: a person must look."""
        await self._settles(text, "asks", reason)

    async def _settles(self, text: str, how: str, reason: str = "") -> None:
        message_id = await self.message_id(text)
        async with self.desk.database.tenant(self.desk.workspace_id) as connection:
            held = await deliveries.hold(connection, self.desk.workspace_id, message_id)
            assert held is not None
            if how == "sent":
                told = await arrivals.sent(connection, held, Sent(f"r_{message_id.hex}", datetime.now(UTC))) or []
            elif how == "failed":
                told = await deliveries.failed(connection, held, "invalid", reason)
            else:
                told = await deliveries.asks(connection, held, reason)
            await events.number(connection, self.desk.workspace_id, told)
        self.tells()
