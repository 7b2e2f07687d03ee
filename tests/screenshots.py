"""Pictures of every screen of a demo that lives, light and dark, at a desk and on a phone: `make screenshots`.

The views and the pages of the settings are those that the page itself lists, so a new one is in the pictures at once.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, async_playwright, expect

from inbox.ground.processes import free_port, wait_until
from inbox.ground.running import sign_in
from inbox.platforms.base import Kind
from tests import browser as chromium
from tests.waiting import until

PICTURES = Path(__file__).parent.parent / "screenshots"
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
ENOUGH = 40  # conversations in which somebody waits
PATIENCE = 180.0  # seconds for a demo that is set up for the first time
KEYS = {"note": "n", "assign": "a", "snooze": "h", "tag": "l", "done": "e", "palette": "Control+k", "help": "?"}

REPORTS = {
    "report": "/reports?days=90",
    "needs-reply": "/reports/needs-reply",
    "report-week": "/reports?days=90&by=hour&measure=any",
}


@contextmanager
def demo() -> Iterator[tuple[str, Path]]:
    """A house of its own, as `make run` starts it; its address and its folder."""
    folder, port = Path(tempfile.mkdtemp(prefix="earshot-screens-")), free_port()
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    house = subprocess.Popen(
        [sys.executable, "-m", "inbox", "up", "--with-parent"],
        env={**env, "DATA_DIR": str(folder / "data"), "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        if not wait_until(lambda: _answers(address), seconds=PATIENCE):
            raise RuntimeError("The demo did not start.")
        yield address, folder / "data"
    finally:
        house.terminate()
        house.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


async def signed_in(address: str, folder: Path) -> tuple[str, str]:
    """The session's cookie, once there is enough to see."""
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", headers={"Origin": address}, timeout=10) as http:

        async def session() -> bool:
            return (await http.post("/session", json=sign_in(folder))).status_code == 201

        async def busy() -> bool:
            return bool((await http.get("/views/counts")).json()["open"] >= ENOUGH)

        await until(session, "one can sign in", seconds=PATIENCE, despite=(OSError, LookupError, httpx.HTTPError))
        await until(busy, "many wait", seconds=PATIENCE)
        return next(iter(http.cookies.items()))


class Photographer:
    """One page, and where its pictures go."""

    def __init__(self, page: Page, called: str) -> None:
        self.page, self._called = page, called

    async def takes(self, name: str) -> None:
        await self.page.wait_for_load_state("networkidle")
        await self.page.screenshot(path=PICTURES / f"{name}-{self._called}.png")
        sys.stdout.write(".")
        sys.stdout.flush()

    async def everything(self, views: list[str], settings: list[str]) -> None:
        page = self.page
        for view in views:
            await page.goto(view)
            await self.takes(f"view-{view.rsplit('/', 1)[1]}")
        await self._thread()
        for setting in settings:
            await page.goto(setting)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await self.takes(f"settings-{setting.rsplit('/', 1)[1]}")
        for name, address in REPORTS.items():
            await page.goto(address)
            await expect(page.locator("dl.strip")).to_be_visible()
            await self.takes(name)
        await page.goto("/people")
        await page.locator("[data-row]").first.click()
        await expect(page.get_by_role("heading", level=2)).to_be_visible()
        await self.takes("customers")
        await page.goto("/reports/goals")
        await self.takes("goals")
        await page.goto("/reports/checks")
        await self.takes("checks")
        await page.goto("/reports/wallboard")
        await expect(page.locator("dl.strip")).to_be_visible()
        await self.takes("wallboard")
        await self._wall()
        await page.goto("/nowhere")
        await self.takes("nowhere")
        await page.goto("/inbox/open")
        await expect(page.locator("[data-connection=live]")).to_be_attached()
        await page.context.set_offline(True)
        await expect(page.locator("[data-connection]")).to_contain_text("offline", ignore_case=True)
        await self.takes("offline")
        await page.context.set_offline(False)

    async def the_door(self) -> None:
        page = self.page
        await page.goto("/")
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        await self.takes("sign-in")
        await page.get_by_label("E-mail").fill("nobody@example.com")
        await page.get_by_label("Password", exact=True).fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await self.takes("sign-in-refused")

    async def _wall(self) -> None:
        """What a screen shows to everybody who walks by."""
        page = self.page
        await page.get_by_role("button", name="Screens on walls").click()
        await page.get_by_label("Where it will hang").fill("Hall")
        await page.get_by_role("button", name="Make a link").click()
        link = page.get_by_label("Link for Hall")
        await expect(link).to_be_visible()
        await self.takes("wall-links")
        await page.goto(await link.input_value())
        await expect(page.locator("[data-wall=live]")).to_be_visible()
        await self.takes("wall")

    async def _thread(self) -> None:
        for kind in Kind:
            if await self._opens(kind):
                await self.takes(f"thread-{kind}")
        for name, key in KEYS.items():
            await self._opens(Kind.COMMENT)
            await self.page.locator("[data-pane=thread]").focus()
            await self.page.keyboard.press(key)
            await self.takes(f"asks-{name}")

    async def _opens(self, kind: Kind) -> bool:
        """The first conversation of this kind; False if nobody waits in any."""
        await self.page.goto(f"/inbox/open?kind={kind}")
        await self.page.locator("[data-row], .empty").first.wait_for()
        if some := bool(await self.page.locator("[data-row]").count()):
            await self.page.locator("[data-row]").first.click()
            await expect(self.page.locator("[data-message]").first).to_be_visible()
        return some


async def linked(page: Page, at: str, prefix: str) -> list[str]:
    """Where the page's own navigation leads."""
    await page.goto(at)
    links = page.locator(f"nav a[href^='{prefix}']")
    await links.first.wait_for()
    found = await links.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    return [href for href in dict.fromkeys(found) if "?" not in href]


@asynccontextmanager
async def photographer(running: Browser, address: str, theme: str, size: str) -> AsyncIterator[Photographer]:
    """Somebody who is not signed in."""
    width, height = SIZES[size]
    context = await running.new_context(
        base_url=address,
        locale="en-GB",
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        viewport={"width": width, "height": height},
    )
    yield Photographer(await context.new_page(), f"{theme}-{size}")
    await context.close()


async def main() -> None:
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    program = chromium.find()
    with demo() as (address, folder):
        name, value = await signed_in(address, folder)
        async with async_playwright() as playwright:
            running = await playwright.chromium.launch(
                executable_path=program, args=list(chromium.FLAGS), env=chromium.environment_for(program)
            )
            async with photographer(running, address, "light", "desk") as one:
                await one.page.context.add_cookies([{"name": name, "value": value, "url": address}])
                views = await linked(one.page, "/inbox/open", "/inbox/")
                settings = await linked(one.page, "/settings/channels", "/settings/")
            for theme in THEMES:
                for size in SIZES:
                    async with photographer(running, address, theme, size) as one:
                        await one.the_door()
                        await one.page.context.add_cookies([{"name": name, "value": value, "url": address}])
                        await one.everything(views, settings)
            await running.close()
    sys.stdout.write(f"\n{len(list(PICTURES.iterdir()))} pictures are in {PICTURES.name}/.\n")


if __name__ == "__main__":
    asyncio.run(main())
