"""What a platform holds back for review: told from what we hid ourselves, found quickly, approved or rejected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from inbox.desk import views
from inbox.desk.filters import Filtering
from inbox.people.access import Agent
from inbox.platforms.base import Act, Action, Actor, Incoming, Kind
from inbox.realtime import counts
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FORBID, HANG_AFTER
from tests.waiting import until


async def held_back(desk: Desk, external_id: str = "c1", *, who: str = "mia", parent: str = "", ago: float = 1) -> UUID:
    """Somebody wrote a comment that nobody else can read yet; gives our message."""
    at = datetime.now(UTC) - timedelta(minutes=ago)
    event = desk.comment(who, "Is this still for sale?", external_id, parent=parent)
    await desk.arrives(msgspec.structs.replace(event, hidden=True, at=at))
    return UUID(str(await desk.value("SELECT id FROM message WHERE external_id = $1", external_id)))


async def happens(desk: Desk, act: Act, external_id: str = "c1", *, by: Actor = Actor.UNKNOWN, ago: float = 0) -> None:
    """The platform tells that it was shown, hidden or taken away."""
    at = datetime.now(UTC) - timedelta(minutes=ago)
    await desk.arrives(
        Incoming(
            account=f"account-{desk.platform}",
            act=act,
            kind=Kind.COMMENT,
            external_id=external_id,
            at=at,
            revision=int(at.timestamp() * 1_000_000),
            lane=external_id,
            thread=external_id,
            by=by,
        )
    )


async def listed(desk: Desk, who: Agent | None = None, **more: Any) -> list[UUID]:
    """The conversations in which something is held, as the list shows them."""
    async with desk.database.session(desk.workspace_id) as session:
        page = await views.page(session, who or desk.ana, "held", Filtering(**more))
    assert all(row.held for row in page.items)
    return [row.id for row in page.items]


async def counted(desk: Desk, who: Agent | None = None) -> int:
    """How many there are, as the list and the live counts both say."""
    agent = who or desk.ana
    async with desk.database.session(desk.workspace_id) as session:
        found = (await views.counts(session, agent)).held
    async with desk.database.tenant(desk.workspace_id) as connection:
        assert (await counts.tally(connection, desk.workspace_id)).of(agent)["held"] == found
    return found


async def stands(desk: Desk, item: UUID) -> tuple[bool, bool, int]:
    """Whether it is hidden, whether it is held, and how many the conversation counts."""
    message = await desk.message(item)
    return message["hidden"], message["held"], (await desk.conversation(item))["held"]


async def test_it_waits_like_any_comment_and_is_listed_where_moderators_look(desk: Desk) -> None:
    item = await held_back(desk)
    await desk.hears("Does it ship?")
    assert await stands(desk, item) == (True, True, 1)
    assert await desk.waiting(item) == 1
    assert await listed(desk) == [await desk.conversation_of(item)]
    assert await counted(desk) == 1
    assert await desk.differences() == 0


async def test_approved_everybody_sees_it_and_it_still_waits(desk: Desk) -> None:
    item = await held_back(desk)
    shown = await desk.acts(item, Action.UNHIDE)
    assert shown.held  # until the platform has done it
    await desk.works()
    assert desk.network.acts == [("unhide", "c1")]
    assert await stands(desk, item) == (False, False, 0)
    assert await desk.waiting(item) == 1
    assert await listed(desk) == []
    assert await counted(desk) == 0
    assert len(await desk.lines("approved_held")) == 1
    assert await desk.differences() == 0


async def test_rejected_it_is_gone_and_counts_as_never_answered(desk: Desk) -> None:
    item = await held_back(desk)
    await desk.acts(item, Action.DELETE)
    await desk.works()
    assert desk.network.acts == [("delete", "c1")]
    message = await desk.message(item)
    assert (message["held"], message["deleted_by"]) == (False, "us")
    assert await listed(desk) == []
    assert len(await desk.lines("rejected_held")) == 1
    assert await desk.value("SELECT state FROM episode") == "waiting"


async def test_what_the_platform_refuses_stays_held(desk: Desk) -> None:
    item = await held_back(desk)
    desk.network.misdeeds.append(FORBID)
    await desk.acts(item, Action.UNHIDE)
    await desk.works()
    assert await stands(desk, item) == (True, True, 1)
    assert len(await desk.lines("unhide_failed")) == 1


async def test_an_approval_of_unknown_outcome_is_asked_for_again_and_counted_once(desk: Desk) -> None:
    item = await held_back(desk)
    await held_back(desk, "c2", who="rui")
    desk.network.misdeeds.append(HANG_AFTER)
    await desk.acts(item, Action.UNHIDE)

    async def approved() -> bool:
        await desk.works()
        return not (await desk.message(item))["held"]

    await until(approved)
    assert await stands(desk, item) == (False, False, 0)
    assert await counted(desk) == 1


async def test_shown_by_the_platform_itself_it_is_held_no_more(desk: Desk) -> None:
    item = await held_back(desk)
    await happens(desk, Act.UNHID)
    assert await stands(desk, item) == (False, False, 0)
    await happens(desk, Act.UNHID)
    assert await stands(desk, item) == (False, False, 0)


async def test_told_of_by_the_platform_before_our_approval_is_written_down_it_is_counted_once(desk: Desk) -> None:
    item = await held_back(desk)
    other = await held_back(desk, "c2", who="rui", parent="c1")
    assert (await desk.conversation(item))["held"] == 2
    await desk.acts(item, Action.UNHIDE)
    await happens(desk, Act.UNHID)
    await desk.works()
    assert await stands(desk, item) == (False, False, 1)
    assert (await desk.message(other))["held"]


async def test_taken_away_by_its_author_it_is_held_no_more(desk: Desk) -> None:
    item = await held_back(desk)
    await happens(desk, Act.DELETED, by=Actor.CUSTOMER)
    assert (await stands(desk, item))[1:] == (False, 0)
    assert await listed(desk) == []


@pytest.mark.parametrize("by", [Actor.US, Actor.UNKNOWN, Actor.CUSTOMER])
async def test_what_somebody_hid_there_is_hidden_and_not_held(desk: Desk, by: Actor) -> None:
    item = await desk.hears("Buy my coins", thread="c1")
    await desk.arrives(desk.comment("mia", "Buy my coins", "c2"))
    await happens(desk, Act.HID, "c2", by=by)
    hidden = UUID(str(await desk.value("SELECT id FROM message WHERE external_id = 'c2'")))
    assert await stands(desk, hidden) == (True, False, 0)
    assert await stands(desk, item) == (False, False, 0)


async def test_what_the_platform_takes_back_for_review_later_is_held(desk: Desk) -> None:
    await desk.arrives(desk.comment("mia", "Buy my coins", "c1"))
    item = UUID(str(await desk.value("SELECT id FROM message WHERE external_id = 'c1'")))
    await happens(desk, Act.HID, by=Actor.PLATFORM)
    assert await stands(desk, item) == (True, True, 1)
    await happens(desk, Act.HID, by=Actor.PLATFORM)
    assert await stands(desk, item) == (True, True, 1)
    await happens(desk, Act.UNHID, ago=5)  # told late
    assert await stands(desk, item) == (True, True, 1)


async def test_what_we_hid_ourselves_stays_ours_whatever_list_it_then_stands_in(desk: Desk) -> None:
    await desk.arrives(desk.comment("mia", "Buy my coins", "c1"))
    item = UUID(str(await desk.value("SELECT id FROM message WHERE external_id = 'c1'")))
    await desk.acts(item, Action.HIDE)
    await desk.works()
    await happens(desk, Act.HID, by=Actor.PLATFORM)
    assert await stands(desk, item) == (True, False, 0)


async def test_hiding_what_is_held_asks_for_nothing(desk: Desk) -> None:
    item = await held_back(desk)
    await desk.acts(item, Action.HIDE)
    await desk.works()
    assert desk.network.acts == []
    assert await stands(desk, item) == (True, True, 1)


async def test_a_held_reply_that_came_before_its_thread_is_counted_where_it_belongs(desk: Desk) -> None:
    reply = await held_back(desk, "c2", who="rui", parent="c1")
    assert (await desk.conversation(reply))["held"] == 1
    await held_back(desk, "c1", ago=5)
    assert (await desk.conversation(reply))["held"] == 2
    assert len(await listed(desk)) == 1


async def test_the_list_is_narrowed_to_a_channel_and_shows_only_what_one_sees(desk: Desk) -> None:
    older = await held_back(desk, "c1", ago=60)
    newer = await held_back(desk, "c2", ago=30)
    there = [await desk.conversation_of(older), await desk.conversation_of(newer)]
    assert await listed(desk, channel=desk.world.channel_id) == there
    assert await listed(desk, channel=await desk.world.channel("echo_weak")) == []
    assert await listed(desk, kind=Kind.COMMENT) == there
    assert await listed(desk, kind=Kind.DM) == []
    assert await listed(desk, person="mia") == there
    assert await listed(desk, desk.world.outsider) == []
    assert (await counted(desk), await counted(desk, desk.world.outsider)) == (2, 0)


async def test_resolved_or_not_it_is_found(desk: Desk) -> None:
    item = await held_back(desk)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE conversation SET status = 'resolved'")
    assert await listed(desk) == [await desk.conversation_of(item)]
