"""Two hands in two conversations that a private reply has tied into one case."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from inbox.ground import db
from inbox.ground.ids import new_id
from inbox.sla import facts as f
from inbox.sla import storage, stored_facts
from inbox.sla.facts import tie_of
from tests.flow.road import Road, clock


async def test_what_is_written_in_both_at_the_same_instant_is_folded_together(road: Road) -> None:
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    await road.says("7001", "Hello?", at="09:05", mid="m_1")
    public, private = sorted(await road.conversations(), key=lambda row: str(row["kind"]))
    (asked,) = [row for row in await road.messages() if row["external_id"] == "900_1"]
    linked: list[f.AnyFact] = [
        f.Linked(
            conversation=str(here["id"]),
            at=clock("09:03"),
            recorded_at=datetime.now(UTC),
            tie=1,
            item=str(asked["id"]),
            author=str(public["identity_id"]),
            private=str(private["id"]),
            private_author=str(private["identity_id"]),
            public=str(public["id"]),
        )
        for here in (public, private)
    ]
    answers = [answer(here["id"], "09:10") for here in (public, private)]
    async with road.database.tenant(road.world.workspace_id) as connection:
        await storage.remember(connection, road.world.workspace_id, [*linked, *answers])

    both = asyncio.Barrier(2)

    async def writes(thread: Any, days: int) -> None:
        tried = 0

        async def verb() -> None:
            nonlocal tried
            tried += 1
            async with road.database.tenant(road.world.workspace_id) as connection:
                await connection.execute("SELECT 1 FROM conversation WHERE id = $1 FOR NO KEY UPDATE", thread["id"])
                again = question(thread["id"], str(thread["identity_id"]), clock("09:00") + timedelta(days=days))
                touched = await stored_facts.append(connection, road.world.workspace_id, [again])
                if tried == 1:
                    await both.wait()
                await storage.refold(connection, road.world.workspace_id, touched)

        await db.again(verb)

    # Ten days of silence would have ended the case; the word after five keeps it alive.
    await asyncio.gather(writes(public, 5), writes(private, 10))
    assert await road.differences() == 0


def answer(thread: UUID, at: str) -> f.AnyFact:
    return f.Answered(
        conversation=str(thread),
        at=clock(at),
        recorded_at=datetime.now(UTC),
        tie=tie_of(f"answered:{thread}"),
        answer=str(new_id()),
        human=True,
        everyone=True,
    )


def question(thread: UUID, author: str, at: datetime) -> f.AnyFact:
    return f.Written(
        conversation=str(thread),
        at=at,
        recorded_at=datetime.now(UTC),
        tie=tie_of(f"written:{thread}"),
        item=str(new_id()),
        author=author,
        received_at=at,
        needs_reply=True,
        rule="question",
        version=1,
        reason="",
    )
