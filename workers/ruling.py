"""The loop of the rules: it looks at what the feed made due for them, and makes the dry runs that people ask for."""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from inbox.ground import clock
from inbox.rules import looks, running, trials
from workers.house import House

log = structlog.get_logger("rules")

FORGETTING = 600.0  # seconds between two looks at what is kept no longer


async def follow_rules(house: House, stop: asyncio.Event) -> None:
    """Whatever is due in each workspace, a batch of each in turn."""
    with house.bell.listen("feed") as rung:
        while not stop.is_set():
            done = 0
            for workspace_id in await running.due(house.database):
                if stop.is_set():
                    return
                if looked := await _work(house, workspace_id):
                    house.bell.ring(f"feed:{workspace_id}")
                    done += looked
            if not done:
                await rung.wait()


async def _work(house: House, workspace_id: UUID) -> int:
    """One workspace whose rules cannot work just now holds up no other."""
    try:
        return await running.work(house.database, workspace_id)
    except Exception as error:
        log.warning("rules could not work", workspace=str(workspace_id), exc_info=error)
        return 0


async def make_trials(house: House, stop: asyncio.Event) -> None:
    """One dry run after another; they may take seconds, and nothing waits for them but whoever asked."""
    forgotten = clock.now().timestamp()
    with house.bell.listen("trials") as rung:
        while not stop.is_set():
            done = 0
            for workspace_id, trial_id in await trials.due(house.database):
                if stop.is_set():
                    return
                if await trials.work(house.database, workspace_id, trial_id):
                    house.bell.ring(f"feed:{workspace_id}")
                    done += 1
            if clock.now().timestamp() - forgotten > FORGETTING:
                await looks.forget(house.database)
                forgotten = clock.now().timestamp()
            if not done:
                await rung.wait()
