"""Looking for what may be there: by place, words and time."""

from datetime import UTC, datetime, timedelta

from inbox.platforms.base import Absent, Action, CannotTell, Kind, Sent
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.reddit.simulator_http import forbidden
from tests.platforms.reddit.house import ANA, LI, Connected, outgoing


async def test_a_reply_is_found_among_our_newest_comments(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Sizes?")
    other = await network.comment(LI, post=post, text="Colours?")
    act = outgoing(Action.REPLY, target=asked, text="All of  them")
    assert await shop.look(act) == Absent()
    await network.elsewhere(target=other, text="All of them")
    assert await shop.look(act) == Absent()
    sent = await network.elsewhere(target=asked, text="all of them")
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert found.external_id == sent
    await network.elsewhere(target=asked, text="All of them")
    assert isinstance(await shop.look(act), CannotTell)


async def test_what_stood_there_before_is_not_it(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="u/brandco?")
    await network.elsewhere(target=asked, text="On its way!", at=datetime.now(UTC) - timedelta(hours=1))
    assert await shop.look(outgoing(Action.REPLY, target=asked)) == Absent()


async def test_a_private_message_is_found_among_those_sent(network: RedditSimulator, shop: Connected) -> None:
    first = await network.dm(ANA, text="Where?")
    other = await network.dm(LI, text="Where?")
    act = outgoing(Action.DM, target=first, thread=first, recipient="ana_r")
    await network.elsewhere(target=other, text="On its way!")
    assert await shop.look(act) == Absent()
    sent = await network.elsewhere(target=first, text="On its way!")
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert (found.external_id, found.thread) == (sent, first)
    private = outgoing(Action.PRIVATE_REPLY, target="t1_abc", recipient="Ana_R")
    assert isinstance(await shop.look(private), Sent)


async def test_a_modmail_reply_is_found_in_its_conversation(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.modmail(ANA, text="Why?")
    act = outgoing(Action.DM, target=asked, thread=asked.rpartition("_")[0], text="Rule 2.")
    await network.note(asked, "Rule 2.", by=LI)
    assert await shop.look(act) == Absent()
    sent = await network.elsewhere(target=asked, text="Rule 2.")
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert found.external_id == sent


async def test_removing_and_deleting_are_read_from_the_thing_itself(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Sizes?")
    ours = await network.elsewhere(target=asked, text="oops")
    hide, unhide, delete = outgoing(Action.HIDE, target=asked), outgoing(Action.UNHIDE, target=asked), None
    assert await shop.look(hide) == Absent()
    assert isinstance(await shop.look(unhide), Sent)
    await network.remove(asked, by="brandco")
    assert isinstance(await shop.look(hide), Sent)
    assert await shop.look(unhide) == Absent()
    delete = outgoing(Action.DELETE, target=ours)
    assert await shop.look(delete) == Absent()
    await network.delete(ours)
    assert isinstance(await shop.look(delete), Sent)
    strange = await network.mention(LI, text="u/brandco")
    assert isinstance(await shop.look(outgoing(Action.HIDE, kind=Kind.MENTION, target=strange)), CannotTell)


async def test_a_look_that_is_refused_tells_nothing(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="u/brandco?")
    network.app.failing["user/brandco/comments"] = forbidden()
    assert isinstance(await shop.look(outgoing(Action.REPLY, target=asked)), CannotTell)
    assert isinstance(await shop.look(outgoing(Action.HIDE, target="t1_nothere")), CannotTell)


async def test_where_too_much_was_written_since_there_is_no_telling(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="u/brandco?")
    for place in range(301):
        await network.elsewhere(target=asked, text=f"No. {place}")
    assert isinstance(await shop.look(outgoing(Action.REPLY, target=asked)), CannotTell)
