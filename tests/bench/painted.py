"""Webhook sent -> painted in Chromium while 100 messages come in each second; and key press -> painted meanwhile.

The page itself says what it has drawn: a change of the list is seen by an observer, and counts as painted once the
frame after it has been handed over. Page, load and processes share one machine, so one clock.
"""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any
from uuid import UUID

from playwright.async_api import Page, async_playwright

from inbox.ground.db import Database
from inbox.people.sessions import COOKIE
from tests import browser
from tests.bench.house import House, message, signed, workspace
from tests.bench.table import Figure, quantile

PEOPLE = 12  # all of them in sight
RATE, SECONDS, CONNECTIONS = 100, 10, 4
KEYS = 60

# What is painted is known in the task behind a frame's own; performance.now is finer than Date and as right.
OBSERVE = """(people) => {
    const now = () => performance.timeOrigin + performance.now()
    const painted = (then) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = then
        port2.postMessage(null)
    })
    const newest = new Array(people).fill(-1)
    window.drawn = []
    window.keys = []
    let awaited = false, pressed = 0
    addEventListener("keydown", (event) => (pressed = performance.timeOrigin + event.timeStamp), true)
    new MutationObserver((changes) => {
        if (pressed && changes.some((change) => change.attributeName === "class")) {
            const since = pressed
            pressed = 0
            painted(() => window.keys.push(now() - since))
        }
        if (awaited) return
        awaited = true
        requestAnimationFrame(() => {
            awaited = false
            const found = []
            for (const row of document.querySelectorAll("[data-row]")) {
                const number = Number(/order (\\d+)\\?/.exec(row.textContent)?.[1] ?? -1)
                if (number > newest[number % people]) found.push((newest[number % people] = number))
            }
            const { port1, port2 } = new MessageChannel()
            port1.onmessage = () => window.drawn.push(...found.map((number) => [number, now()]))
            port2.postMessage(null)
        })
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: ["class"] })
}"""


def measure(house: House) -> list[Figure]:
    return asyncio.run(_measure(house))


async def _measure(house: House) -> list[Figure]:
    database = await Database.open(house.settings)
    world = await workspace(database)
    cookie, _ = await world.sign_in(world.agent)
    with house.web() as port, house.process("inbox", "work"):
        async with async_playwright() as playwright:
            program = browser.find()
            chromium = await playwright.chromium.launch(
                executable_path=program, args=list(browser.FLAGS), env=browser.environment_for(program), headless=True
            )
            context = await chromium.new_context(
                base_url=f"http://127.0.0.1:{port}", locale="en-US", viewport={"width": 1440, "height": 1400}
            )
            await context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"http://127.0.0.1:{port}"}])
            page = await context.new_page()
            await page.goto("/inbox/open")
            await page.locator("[data-connection=live]").wait_for()
            load = Load(port)
            await load.send(PEOPLE)
            await page.locator("[data-row]").nth(PEOPLE - 1).wait_for()
            await page.evaluate(OBSERVE, PEOPLE)
            await load.send(RATE * SECONDS)
            drawn = await _all_drawn(page, load)
            keys = await _keys(page, load)
            await chromium.close()
    stored = await _stored(database, world.workspace_id)
    await database.close()
    assert stored == len(load.sent), (stored, len(load.sent))
    delays = sorted(delay for number, delay in _delays(load.sent, drawn).items() if number >= PEOPLE)
    return [
        Figure(f"webhook sent -> painted at {RATE} messages/s, p50", f"{quantile(delays, 0.5):.0f} ms", ""),
        Figure("  p95", f"{quantile(delays, 0.95):.0f} ms", "<= 150 ms"),
        Figure("  p99", f"{quantile(delays, 0.99):.0f} ms", ""),
        Figure("key press -> painted meanwhile, p50", f"{quantile(keys, 0.5):.0f} ms", "a frame takes 17 ms"),
        Figure("  p95", f"{quantile(keys, 0.95):.0f} ms", "<= 100 ms"),
    ]


class Load:
    """Messages at RATE; `sent`: for each number the moment its webhook left, in ms of the wall clock."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent: list[float] = []

    async def send(self, total: int) -> None:
        waiting: asyncio.Queue[int | None] = asyncio.Queue()
        first = len(self.sent)
        self.sent += [0.0] * total
        workers = [asyncio.create_task(self._connection(waiting)) for _ in range(CONNECTIONS)]
        started = time.perf_counter()
        for n in range(total):
            await asyncio.sleep(max(0.0, started + n / RATE - time.perf_counter()))
            waiting.put_nowait(first + n)
        for _ in workers:
            waiting.put_nowait(None)
        await asyncio.gather(*workers)

    async def _connection(self, waiting: asyncio.Queue[int | None]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while (number := await waiting.get()) is not None:
            self.sent[number] = time.time() * 1000
            writer.write(base64.b64decode(signed(message(number, people=PEOPLE, size=300), self.port)))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head[:16]:
                raise RuntimeError(head.decode())
        writer.close()


async def _all_drawn(page: Page, load: Load) -> list[tuple[int, float]]:
    """Wait until the last message of everybody stands there."""
    last = len(load.sent) - PEOPLE
    await page.wait_for_function(
        "([last, people]) => new Set(window.drawn.map(([n]) => n).filter((n) => n >= last)).size === people",
        arg=[last, PEOPLE],
        timeout=30_000,
    )
    found: list[tuple[int, float]] = await page.evaluate("window.drawn")
    return found


def _delays(sent: list[float], drawn: list[tuple[int, float]]) -> dict[int, float]:
    """A message over which a newer one of the same person was drawn was painted with it."""
    delays: dict[int, float] = {}
    for number, at in drawn:
        while number >= 0 and number not in delays:
            delays[number] = at - sent[number]
            number -= PEOPLE
    return delays


async def _keys(page: Page, load: Load) -> list[float]:
    """Down the list and up again while messages come in."""
    sending = asyncio.create_task(load.send(RATE * 4))
    for n in range(KEYS):
        await page.keyboard.press("j" if n // (PEOPLE - 2) % 2 == 0 else "k")
        await asyncio.sleep(0.05)
    await sending
    found: list[float] = await page.evaluate("window.keys")
    return sorted(found)


async def _stored(database: Database, workspace_id: UUID) -> Any:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        async with database.tenant(workspace_id) as connection:
            left = await connection.fetchval("SELECT count(*) FROM inbound_event WHERE workspace_id = $1", workspace_id)
            stored = await connection.fetchval("SELECT count(*) FROM message WHERE workspace_id = $1", workspace_id)
        if not left:
            break
        await asyncio.sleep(0.1)
    return stored
