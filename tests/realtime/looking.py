"""Looking at a page, and at another one opened this minute: they must show the same."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.realtime.reader import Reader, reader

VIEWS = ("open", "mine", "unassigned", "resolved", "snoozed", "mentioned")
SHOWN_BY_THEIR_BUBBLES = ("replied", "noted")
PATIENCE = 60.0


async def look(page: Reader, threads: list[Any]) -> None:
    for view in VIEWS:
        await page.does("open_view", view=view)
    for thread in threads:
        await page.does("open_thread", id=str(thread))


def shown(dump: dict[str, Any]) -> dict[str, Any]:
    """What a person would see of it: rows in their order, threads, read marks."""
    threads = {
        name: {
            "messages": thread["messages"],
            "activities": [line for line in thread["activities"] if line["verb"] not in SHOWN_BY_THEIR_BUBBLES],
        }
        for name, thread in dump["threads"].items()
    }
    views = {
        # A mark without a time says the same as no mark: unread.
        name: {"rows": view["rows"], "reads": sorted((r["conversation_id"], r["at"]) for r in view["reads"] if r["at"])}
        for name, view in dump["views"].items()
    }
    return {"threads": threads, "views": views}


async def agrees(base: str, page: Reader, cookie: str, threads: list[Any]) -> None:
    """Until this page shows what a fresh one shows."""
    difference: Any = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                async with reader(base, cookie) as fresh:
                    await look(fresh, threads)
                    expected, found = shown(await fresh.dump()), shown(await page.dump())
                if found == expected:
                    return
                difference = first_difference(expected, found)
    except TimeoutError:
        raise AssertionError(f"The page never came to agree: {difference}") from None


def first_difference(one: Any, other: Any, path: str = "") -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return first_difference(one.get(key), other.get(key), f"{path}.{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return first_difference(left, right, f"{path}[{number}]")
    return f"{path}: expected {str(one)[:300]}, found {str(other)[:300]}"
