"""What must not depend on which event came first."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.desk import conversations
from tests.flow.road import Road, names


async def test_an_edit_back_to_the_first_wording_stands_though_it_overtook_the_one_before(road: Road) -> None:
    await road.says("7001", "Where is order 5521?", at="09:00", mid="m_1")
    await road.arrives(road.edit("7001", "Where is order 5521?", at="09:06", mid="m_1", number=2))
    await road.arrives(road.edit("7001", "Thanks!", at="09:04", mid="m_1", number=1))
    (message,) = await road.messages()
    assert (message["text"], message["revisions"], message["needs_reply"]) == ("Where is order 5521?", 2, True)
    assert names(await road.episodes(), "state") == ["ended", "waiting"]
    assert await road.differences() == 0


async def test_a_thread_is_its_first_commenters_also_when_a_reply_came_before_them(road: Road) -> None:
    await road.comments("8002", "And to Spain?", at="09:05", id="900_2", under="900_1")
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    (person,) = await road.rows(
        """SELECT i.external_id FROM conversation c JOIN contact_identity i
               ON i.workspace_id = c.workspace_id AND i.id = c.identity_id WHERE c.workspace_id = $1"""
    )
    assert person["external_id"] == "8001"


async def test_a_late_message_does_not_take_a_thread_from_the_app_that_owns_it_now(road: Road) -> None:
    owned = road.dm("7001", "Hello?", at="09:05", mid="m_2")
    owned["entry"][0]["standby"] = owned["entry"][0].pop("messaging")
    await road.arrives(owned)
    await road.says("7001", "Where is my order?", at="09:00", mid="m_1")
    assert (await road.conversation())["replyable"] is False


@pytest.mark.parametrize("resolve", [False, True])
async def test_an_answer_taken_away_in_the_platforms_own_app_puts_who_asked_back_on_the_queue(
    road: Road, resolve: bool
) -> None:
    await road.says("7001", "Where is my order?", at="09:00", mid="m_1")
    await road.answers_elsewhere("Tomorrow!", at="09:10", to="7001", mid="m_2")
    if resolve:
        async with road.database.session(road.world.workspace_id) as session:
            await conversations.resolve(session, (await road.conversation())["id"], by=road.world.agent)
    assert (await road.conversation())["waiting_count"] == 0
    gone: Any = road.dm("7001", "", at="09:12", mid="m_2")
    message = gone["entry"][0]["messaging"][0]
    message |= {"sender": {"id": road.account}, "recipient": {"id": "7001"}}
    message["message"] = {"mid": "m_2", "is_deleted": True, "is_echo": True}
    await road.arrives(gone)
    thread = await road.conversation()
    assert (thread["waiting_count"], thread["status"], thread["resolved_at"]) == (1, "open", None)
    assert names(await road.episodes(), "state") == ["waiting"]
    assert await road.differences() == 0
