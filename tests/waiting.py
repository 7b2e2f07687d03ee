"""Waiting for a condition, never for seconds: the one way in which a story waits for somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import isawaitable
from typing import Any


class NotYet(Exception):
    """What a condition may raise to tell what it still waits for."""


async def until(
    condition: Callable[[], Any],
    what: str = "it was so",
    *,
    seconds: float = 20,
    despite: tuple[type[Exception], ...] = (),
) -> Any:
    """Ask, whether the answer must be awaited or not, until it is true, and give it.

    `what`: the end of a sentence, for whoever reads of the failure. `despite`: what asking may raise besides NotYet.
    Raises AssertionError with the last answer.
    """
    seen: Any = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    seen = condition()
                    if seen := await seen if isawaitable(seen) else seen:
                        return seen
                except (NotYet, *despite) as error:
                    seen = error
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"It never came to be that {what}; last seen: {seen!r}") from None
