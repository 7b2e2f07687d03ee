"""Messages approved beforehand: chosen, filled in, and sent when free words may not be, as carefully as any reply."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from inbox.desk import replies, second_thoughts
from inbox.desk.replies import Reply
from inbox.desk.wording import Chosen
from inbox.flow.templates import NoTemplates, Templates
from inbox.ground import errors
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.platforms.base import Kind, Template
from inbox.realtime.shapes import MessageOut
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FAIL_AFTER, FORBID, LOSE, PLATFORMS

PARCEL_READS = "Hello {{1}}, order {{ 2 }} is on its way."
PARCEL = {"name": "parcel", "language": "en", "body": PARCEL_READS, "parameters": ["1", "2"]}
THANKS = {"name": "thanks", "language": "en", "body": "Thank you, and {{1}}", "parameters": []}
FOR_MIA = Chosen(name="parcel", language="en", parameters=["Mia", "5512"])
READS = "Hello Mia, order 5512 is on its way."
TOO_LATE = timedelta(hours=25)


class Shelf:
    """An agent before the templates of a channel, and a customer whom free words cannot reach any more."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.templates = desk, Templates(desk.database, desk.world.safe, desk.road.outbound, PLATFORMS)
        desk.network.templates = [PARCEL, THANKS]

    async def late(self, who: str = "mia") -> UUID:
        return await self.desk.hears("Well?", kind=Kind.DM, who=who, at=datetime.now(UTC) - TOO_LATE)

    async def sends(self, item: UUID, chosen: Chosen = FOR_MIA, *, by: Agent | None = None, **more: Any) -> MessageOut:
        """As the door does it."""
        agent, key = by or self.desk.ana, more.pop("key", "") or new_id().hex
        conversation = await self.desk.conversation_of(item)
        reply = Reply(**{"visibility": "private", "template": chosen, "seen": item, **more})
        template = await self.templates.chosen(agent, conversation, chosen, key=key)
        async with self.desk.database.session(self.desk.workspace_id) as session:
            return await replies.send(
                session, conversation, reply, by=agent, key=key, platforms=PLATFORMS, template=template
            )


@pytest.fixture
def shelf(desk: Desk) -> Shelf:
    return Shelf(desk)


async def test_after_the_time_to_write_a_template_still_reaches_the_person(desk: Desk, shelf: Shelf) -> None:
    item = await shelf.late()
    with pytest.raises(errors.WindowClosed):
        await desk.replies(item, "Free words", visibility="private")
    shown = await shelf.sends(item)
    assert (shown.text, shown.template, shown.visibility) == (READS, "parcel", "private")
    await desk.works()
    (post,) = desk.network.posts
    assert post.text == READS
    assert post.template == {**PARCEL, "parameters": ["Mia", "5512"]}
    assert await desk.state(shown.id) == "sent"
    assert await desk.waiting(item) == 0
    assert (await desk.conversation(item))["preview"] == READS


async def test_what_filled_it_is_kept_only_until_it_has_left(desk: Desk, shelf: Shelf) -> None:
    shown = await shelf.sends(await shelf.late())
    stored = (await desk.outbound(shown.id))["template"]
    assert msgspec.json.decode(stored, type=Template).parameters == ["Mia", "5512"]
    await desk.works()
    assert (await desk.outbound(shown.id))["template"] is None
    assert (await desk.message(shown.id))["template"] == "parcel"


async def test_a_gap_is_filled_once_and_with_words_alone(desk: Desk, shelf: Shelf) -> None:
    item = await shelf.late()
    shown = await shelf.sends(item, Chosen(name="parcel", language="en", parameters=["{{2}}", " 5512 "]))
    assert shown.text == "Hello {{2}}, order 5512 is on its way."
    other = await shelf.sends(await shelf.late("rui"), Chosen(name="thanks", language="en"))
    assert other.text == "Thank you, and {{1}}"


@pytest.mark.parametrize(
    ("chosen", "refused", "words"),
    [
        (Chosen(name="parcel", language="en", parameters=["Mia"]), errors.Invalid, "not filled in"),
        (Chosen(name="parcel", language="en", parameters=["Mia", " "]), errors.Invalid, "not filled in"),
        (Chosen(name="parcel", language="en", parameters=["Mia", "1", "2"]), errors.Invalid, "not filled in"),
        (Chosen(name="parcel", language="de", parameters=["Mia", "1"]), errors.NotPossibleHere, "Choose another"),
        (Chosen(name="withdrawn", language="en"), errors.NotPossibleHere, "Choose another"),
        (Chosen(name="parcel", language="en", parameters=["M" * 100, "1"]), errors.TooLong, "takes 100 characters"),
    ],
)
async def test_what_does_not_fit_is_refused_and_leaves_nothing(
    desk: Desk, shelf: Shelf, chosen: Chosen, refused: type[errors.Invalid], words: str
) -> None:
    item = await shelf.late()
    with pytest.raises(refused, match=words):
        await shelf.sends(item, chosen)
    for table in ("outbound_message", "idempotency"):
        assert await desk.value(f"SELECT count(*) FROM {table}") == 0


async def test_it_goes_to_one_person_and_without_words_beside(desk: Desk, shelf: Shelf) -> None:
    item = await shelf.late()
    with pytest.raises(errors.Invalid, match="send it privately"):
        await shelf.sends(item, visibility="note")
    with pytest.raises(errors.Invalid, match="either words of your own or a template"):
        await shelf.sends(item, text="And this")
    comment = await desk.hears("Where is my order?", kind=Kind.COMMENT)
    with pytest.raises(errors.Invalid, match="send it privately"):
        await shelf.sends(comment, visibility="public")
    with pytest.raises(errors.NotPossibleHere, match="has no templates here"):
        await shelf.sends(comment)


async def test_who_may_not(desk: Desk, shelf: Shelf) -> None:
    item = await shelf.late()
    with pytest.raises(errors.Forbidden):
        await shelf.sends(item, by=desk.world.read_only)
    with pytest.raises(errors.NotFound):
        await shelf.sends(item, by=desk.world.outsider)
    with pytest.raises(errors.Forbidden):
        await shelf.templates.of(desk.world.read_only, desk.world.channel_id)
    with pytest.raises(errors.NotFound):
        await shelf.templates.of(desk.world.outsider, desk.world.channel_id)
    with pytest.raises(errors.NotFound):
        await shelf.templates.of(desk.ana, new_id())
    with pytest.raises(errors.NotFound):
        await shelf.templates.chosen(desk.ana, new_id(), FOR_MIA)
    assert desk.network.listed == 0


async def test_the_same_key_is_the_same_message_also_when_the_platform_is_away(desk: Desk, shelf: Shelf) -> None:
    item = await shelf.late()
    first = await shelf.sends(item, key="k")
    desk.network.blind = True
    again = Shelf(desk)  # another process, which remembers no list
    assert (await again.sends(item, key="k")).id == first.id
    with pytest.raises(errors.IdempotencyMismatch):
        await again.sends(item, Chosen(name="thanks", language="en"), key="k")
    desk.network.blind = False
    await desk.works()
    assert len(desk.network.posts) == 1


async def test_many_tries_with_one_key_at_once_are_one_message(desk: Desk, shelf: Shelf) -> None:
    item = await shelf.late()
    made = await asyncio.gather(*(shelf.sends(item, key="k") for _ in range(6)))
    assert len({message.id for message in made}) == 1
    await desk.works()
    assert desk.network.counted() == {READS: 1}


async def test_it_may_be_taken_back_while_it_waits(desk: Desk, shelf: Shelf) -> None:
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET undo_seconds = 10")
    shown = await shelf.sends(await shelf.late())
    await desk.does(second_thoughts.cancel, shown.id)
    await desk.works()
    assert await desk.state(shown.id) == "cancelled"
    assert (await desk.outbound(shown.id))["template"] is None
    assert desk.network.posts == []


async def test_refused_by_the_platform_it_can_be_tried_again_as_it_was(desk: Desk, shelf: Shelf) -> None:
    desk.network.misdeeds.append(FORBID)
    shown = await shelf.sends(await shelf.late())
    await desk.works()
    assert await desk.state(shown.id) == "failed"
    await desk.does(second_thoughts.retry, shown.id)
    await desk.works()
    assert [post.template for post in desk.network.posts] == [{**PARCEL, "parameters": ["Mia", "5512"]}]


@pytest.mark.parametrize(("misdeed", "posts"), [(FAIL_AFTER, 1), (LOSE, 1)])
async def test_of_unknown_outcome_it_is_looked_for_like_any_reply(
    desk: Desk, shelf: Shelf, misdeed: str, posts: int
) -> None:
    desk.network.misdeeds.append(misdeed)
    shown = await shelf.sends(await shelf.late())
    assert await desk.works_until(shown.id, "sent") == "sent"
    assert [post.text for post in desk.network.posts] == [READS] * posts


async def test_a_worker_that_dies_leaves_the_template_to_the_next(desk: Desk, shelf: Shelf, owner: Any) -> None:
    shown = await shelf.sends(await shelf.late())
    with desk.worker("outbox.after_claim=exit") as process:
        await desk.gone(process)
    await desk.lease_over(owner)
    assert await desk.heals(shown.id, "sent") == "sent"
    assert [post.template for post in desk.network.posts] == [{**PARCEL, "parameters": ["Mia", "5512"]}]


async def test_the_platform_is_asked_for_its_list_once_in_a_while(desk: Desk, shelf: Shelf) -> None:
    first = await shelf.templates.of(desk.ana, desk.world.channel_id)
    assert [one.name for one in first] == ["parcel", "thanks"]
    assert await shelf.templates.of(desk.world.supervisor, desk.world.channel_id) == first
    assert desk.network.listed == 1


async def test_what_the_platform_says_instead_of_a_list_is_said_and_not_remembered(desk: Desk, shelf: Shelf) -> None:
    desk.network.blind = True
    with pytest.raises(NoTemplates, match="Echo has lost its list") as refused:
        await shelf.templates.of(desk.ana, desk.world.channel_id)
    assert refused.value.extra == {"error": "transient"}
    desk.network.blind = False
    assert len(await shelf.templates.of(desk.ana, desk.world.channel_id)) == 2
    await desk.change_channel(state="signed_out")
    with pytest.raises(NoTemplates, match="signed in again"):
        await shelf.templates.of(desk.ana, desk.world.channel_id)
    await desk.change_channel(state="disabled")
    with pytest.raises(errors.NotPossibleHere, match="switched off"):
        await shelf.templates.of(desk.ana, desk.world.channel_id)


async def test_a_network_out_of_reach_or_out_of_its_mind_is_said_to_be(desk: Desk, shelf: Shelf) -> None:
    desk.network.templates = [{"name": 5}]
    with pytest.raises(NoTemplates, match="do not understand"):
        await shelf.templates.of(desk.ana, desk.world.channel_id)
    await desk.change_channel(settings='{"url": "http://127.0.0.1:1"}')
    with pytest.raises(NoTemplates, match="could not be reached"):
        await shelf.templates.of(desk.ana, desk.world.channel_id)
