"""What leaves, and where it lands."""

import httpx
import pytest

from inbox.platforms.base import (
    Account,
    Action,
    Attachment,
    Author,
    ErrorClass,
    Kind,
    Refused,
    Sent,
    Signal,
    Unknown,
)
from inbox.platforms.reddit.connector import Reddit
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.simulation import Heard
from tests.platforms.reddit.house import ANA, LI, Connected, outgoing


async def test_a_reply_stands_below_what_it_answers_and_comes_back_under_its_own_name(
    network: RedditSimulator, shop: Connected
) -> None:
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    await shop.polled()
    sent = await shop.send(outgoing(Action.REPLY, target=asked, thread=asked, root=post, text="36 & 47, *all* of them"))
    assert isinstance(sent, Sent)
    assert sent.permalink == f"https://www.reddit.com/r/brandco/comments/{post[3:]}/lamp/{sent.external_id[3:]}/"
    assert network.heard == [Heard("reply", sent.external_id, "36 & 47, *all* of them", asked, ANA.external_id)]
    [echo] = await shop.polled()
    assert (echo.external_id, echo.ours, echo.text) == (sent.external_id, True, "36 & 47, *all* of them")
    assert echo.at == sent.at


async def test_a_watched_post_can_be_answered(network: RedditSimulator, shop: Connected) -> None:
    post = await network.post(ANA, subreddit="gadgets", title="brandco?")
    sent = await shop.send(outgoing(Action.REPLY, kind=Kind.MENTION, target=post))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].parent == post


async def test_a_private_message_is_answered_in_its_thread(network: RedditSimulator, shop: Connected) -> None:
    first = await network.dm(ANA, text="Where is it?")
    sent = await shop.send(outgoing(Action.DM, target=first, thread=first, recipient="ana_r"))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].first == first
    assert network.heard[-1].recipient == ANA.external_id
    without_target = await shop.send(outgoing(Action.DM, thread=first, recipient="ana_r", text="And one more"))
    assert isinstance(without_target, Sent)
    assert network.memory.items[without_target.external_id].first == first


async def test_a_message_that_reddit_does_not_name_is_found_among_those_sent(
    network: RedditSimulator, shop: Connected
) -> None:
    """Since messages moved to Chat an answer may say t4_zzzzzzzzzzzz, for every one of them."""
    network.app.desk.nameless_messages = True
    first = await network.dm(ANA, text="Where is it?")
    sent = await shop.send(outgoing(Action.DM, target=first, thread=first, recipient="ana_r"))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].text == "On its way!"
    twin = await shop.send(outgoing(Action.DM, target=first, thread=first, recipient="ana_r"))
    assert isinstance(twin, Sent)
    assert twin.external_id == ""


async def test_a_comment_is_answered_in_private_where_a_conversation_begins(
    network: RedditSimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="u/brandco order 12?")
    sent = await shop.send(outgoing(Action.PRIVATE_REPLY, kind=Kind.MENTION, target=asked, recipient="ana_r"))
    assert isinstance(sent, Sent)
    assert sent.thread == sent.external_id
    message = network.memory.items[sent.external_id]
    assert (message.dest, message.title) == ("ana_r", "A message from u/brandco")
    named = outgoing(Action.PRIVATE_REPLY, target=asked, target_author=Author("li_w", handle="li_w"), text="To Li")
    network.memory.join(LI)
    assert isinstance(await shop.send(named), Sent)
    assert network.heard[-1].recipient == LI.external_id
    nobody = await shop.send(outgoing(Action.PRIVATE_REPLY, target=asked))
    assert isinstance(nobody, Refused)
    assert nobody.error is ErrorClass.RECIPIENT_UNAVAILABLE


async def test_modmail_is_answered_in_the_open_and_never_as_a_note(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.modmail(ANA, text="Why?", subject="Removed")
    thread = asked.rpartition("_")[0]
    sent = await shop.send(outgoing(Action.DM, target=asked, thread=thread, text="Rule 2."))
    assert isinstance(sent, Sent)
    letter = network.memory.mail[thread.removeprefix("modmail_")].letters[-1]
    assert (letter.text, letter.internal, letter.moderator) == ("Rule 2.", False, True)
    assert sent.external_id == f"{thread}_{letter.id}"
    assert network.heard[-1].recipient == ANA.external_id
    [call] = [call for call in network.app.calls if call.method == "POST" and "mod/conversations" in call.path]
    assert (call["isInternal"], call["isAuthorHidden"]) == ("false", "false")
    shop.set(hide_moderator_name=True)
    await shop.send(outgoing(Action.DM, target=asked, thread=thread, text="Rule 2, again."))
    assert network.app.calls[-1]["isAuthorHidden"] == "true"


async def test_hiding_is_removing_and_only_where_we_moderate(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    here = await network.comment(ANA, post=post, text="Buy cheap lamps")
    there = await network.mention(LI, text="u/brandco is bad")
    assert isinstance(await shop.send(outgoing(Action.HIDE, target=here)), Sent)
    assert network.memory.items[here].gone == "removed"
    assert isinstance(await shop.send(outgoing(Action.UNHIDE, target=here)), Sent)
    assert network.memory.items[here].gone == ""
    refused = await shop.send(outgoing(Action.HIDE, kind=Kind.MENTION, target=there))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PERMISSION_MISSING
    assert "moderators" in refused.message
    assert network.memory.items[there].gone == ""


async def test_only_what_is_ours_is_deleted(network: RedditSimulator, shop: Connected) -> None:
    """Reddit answers the deletion of somebody else's comment as if it were done."""
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    ours = await network.elsewhere(target=asked, text="oops")
    refused = await shop.send(outgoing(Action.DELETE, target=asked))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PERMISSION_MISSING
    assert isinstance(await shop.send(outgoing(Action.DELETE, target=ours)), Sent)
    assert network.memory.items[ours].gone == "deleted"
    again = await shop.send(outgoing(Action.DELETE, target=ours))
    assert isinstance(again, Refused)
    assert again.error is ErrorClass.PARENT_GONE


@pytest.mark.parametrize("mischief", ["fail_after_posting", "hang_after_posting", "garble"])
async def test_done_and_not_said_so_is_unknown(network: RedditSimulator, shop: Connected, mischief: str) -> None:
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    setattr(network.mischief, mischief, 1)
    act = outgoing(Action.REPLY, target=asked, thread=asked)
    assert isinstance(await shop.send(act), Unknown)
    assert [heard.text for heard in network.heard] == ["On its way!"]
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[0].external_id


async def test_cut_before_anything_is_done_is_unknown_too(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="u/brandco?")
    network.mischief.refuse = 1
    assert isinstance(await shop.send(outgoing(Action.REPLY, target=asked)), Unknown)
    assert network.heard == []


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(outgoing(Action.REPLY, target="t1_abc", text="  "), id="nothing to say"),
        pytest.param(outgoing(Action.REPLY, target="t1_abc", text="x" * 10_001), id="too long"),
        pytest.param(outgoing(Action.REPLY, target="t4_abc"), id="a message is no place for a public reply"),
        pytest.param(outgoing(Action.REPLY, target="modmail_a_b"), id="nor is modmail"),
        pytest.param(
            outgoing(Action.REPLY, target="t1_abc", attachments=[Attachment("image", "https://x/y")]), id="file"
        ),
        pytest.param(outgoing(Action.DM, recipient="../me"), id="nobody's name"),
        pytest.param(outgoing(Action.HIDE, target="1"), id="nothing to hide"),
        pytest.param(outgoing(Action.DELETE, target="t4_abc"), id="messages stay"),
        pytest.param(outgoing(Action.LIKE, target="t1_abc"), id="votes"),
    ],
)
async def test_what_cannot_be_is_refused_without_a_request(act: object) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500)

    account = Account(platform="reddit", external_id="brandco", credentials={"access_token": "t"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        outcome = await Reddit().send(http, account, act)  # type: ignore[arg-type]
    assert isinstance(outcome, Refused)
    assert asked == []


async def test_reading_here_is_read_there(network: RedditSimulator, shop: Connected) -> None:
    message = await network.dm(ANA, text="Hello")
    mail = await network.modmail(ANA, text="Hello")
    thread = mail.rpartition("_")[0]
    await shop.polled()
    assert network.memory.items[message].unread
    assert not network.memory.mail[thread.removeprefix("modmail_")].read
    await shop.connector.signal(shop.http, shop.account, Signal.SEEN, thread=message, message=message)
    await shop.connector.signal(shop.http, shop.account, Signal.SEEN, thread=thread, message=mail)
    assert not network.memory.items[message].unread
    assert network.memory.mail[thread.removeprefix("modmail_")].read
    before = len(network.app.calls)
    await shop.connector.signal(shop.http, shop.account, Signal.SEEN, thread="t3_abc", message="t3_abc")
    await shop.connector.signal(shop.http, shop.account, Signal.TYPING, thread=message, message=message)
    assert len(network.app.calls) == before
