"""Our doors described, and a page to read it on that needs nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Browser, Route

from tests.api.browser import HOME, Browsers


async def description(web: Browsers) -> dict[str, Any]:
    answer = await web.stranger().get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


async def test_the_description_is_whole(web: Browsers) -> None:
    described = await description(web)
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "Earshot"
    shapes = described["components"]["schemas"]
    for named in set(re.findall(r'"#/components/schemas/([^"]+)"', (await web.stranger().get("/openapi.json")).text)):
        assert named in shapes
        assert re.fullmatch(r"\w+", named)


async def test_every_door_says_what_it_is_for_and_how_it_refuses(web: Browsers) -> None:
    described = await description(web)
    ids = []
    for path, methods in described["paths"].items():
        assert path.startswith("/api/v1/")
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert operation["tags"], where
            assert "application/problem+json" in operation["responses"]["default"]["content"], where
            assert "400" not in operation["responses"], where
            ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


async def test_only_open_doors_are_described_as_open(web: Browsers) -> None:
    described = await description(web)
    assert described["security"] == [{"session": []}, {"token": []}]
    open_ones = {
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
        if operation.get("security") == []
    }
    assert open_ones == {"create_session", "give_code", "accept_invitation", "read_wall"}


async def test_the_page_draws_every_door_under_our_own_policy(web: Browsers, browser: Browser) -> None:
    """In a real browser, which enforces the policy, and with nothing reachable but ourselves."""
    described = await description(web)
    client = web.stranger()
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    async def answer(route: Route) -> None:
        if not route.request.url.startswith(HOME):
            complaints.append(f"asked for {route.request.url}")
            return await route.abort()
        found = await client.get(route.request.url)
        await route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    await context.route("**/*", answer)
    await page.goto(f"{HOME}/api/v1/docs")
    await page.wait_for_selector("main[aria-busy=false]")
    drawn = await page.eval_on_selector_all("section.door", "all => all.map(one => one.id)")
    ids = {operation["operationId"] for methods in described["paths"].values() for operation in methods.values()}
    assert ids <= set(drawn)
    assert set(described["components"]["schemas"]) <= set(drawn)
    assert complaints == []
    await context.close()
