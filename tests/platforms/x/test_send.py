"""The road out, over real HTTP: what is asked, what comes back, and what is found when nobody knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import (
    Absent,
    Account,
    Act,
    Action,
    Attachment,
    Author,
    CannotTell,
    ErrorClass,
    Kind,
    Outgoing,
    Refused,
    Sent,
    Unknown,
)
from inbox.platforms.simulation import Heard
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import Listener
from tests.platforms.x.conftest import ANA, LI, answering, outgoing


def asked(network: Network) -> list[tuple[str, str, dict[str, Any]]]:
    """The writes that reached the network."""
    return [(call.method, call.path, call.body) for call in network.app.calls if call.method != "GET"]


async def test_a_summoned_reply(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="Where is it, @nordwindcoffee?")
    act = outgoing(Action.REPLY, kind=Kind.MENTION, target=mention, thread=mention)
    sent = await x.send(http, account, act)
    assert isinstance(sent, Sent)
    assert asked(network) == [
        ("POST", "/2/tweets", {"text": "On its way!", "reply": {"in_reply_to_tweet_id": mention}})
    ]
    assert network.heard == [Heard("reply", sent.external_id, "On its way!", mention, recipient="7001")]
    assert sent.permalink == f"https://x.com/nordwindcoffee/status/{sent.external_id}"
    assert abs(sent.at - datetime.now(UTC)) < timedelta(minutes=1)
    await network.flush()
    echo = next(event for event in listener.events if event.ours)
    assert (echo.external_id, echo.parent, echo.text, echo.at) == (sent.external_id, mention, "On its way!", sent.at)


async def test_a_reply_nobody_summoned_is_refused_with_the_reason(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="Hm")
    await network.flush()
    heard = next(event for event in listener.events if event.external_id == comment)
    assert "names this account with @ or quotes" in heard.reply_refused
    outcome = await x.send(http, account, outgoing(Action.REPLY, target=comment))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.POLICY_BLOCKED
    assert outcome.message.startswith("X does not take this reply")


async def test_who_names_us_or_quotes_us_may_be_answered(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    named = await network.comment(ANA, post=post, text="Is that true, @nordwindcoffee?")
    quoted = await network.quote(LI, post=post, text="Look at this")
    await network.flush()
    for target in (named, quoted):
        heard = next(event for event in listener.events if event.external_id == target)
        assert heard.reply_refused == ""
        sent = await x.send(http, account, outgoing(Action.REPLY, target=target, text=f"Yes, {target}"))
        assert isinstance(sent, Sent)


async def test_on_enterprise_anybody_may_be_answered(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.enterprise = True
    network.bind(url=network.url, webhook_url=listener.url)
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    await network.flush()
    heard = next(event for event in listener.events if event.external_id == comment)
    assert heard.reply_refused == ""
    assert isinstance(await x.send(http, account, outgoing(Action.REPLY, target=comment)), Sent)


async def test_a_message(network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account) -> None:
    await network.dm(ANA, text="Hello")
    sent = await x.send(http, account, outgoing(Action.DM))
    assert isinstance(sent, Sent)
    assert asked(network) == [("POST", "/2/dm_conversations/with/7001/messages", {"text": "On its way!"})]
    assert (sent.thread, sent.permalink) == ("7001", "https://x.com/messages/1040-7001")
    await network.flush()
    echo = next(event for event in listener.events if event.ours)
    assert (echo.external_id, echo.thread) == (sent.external_id, "7001")


async def test_a_message_to_a_group_goes_to_the_group(x: X) -> None:
    told = {"data": {"dm_conversation_id": "1580000000000000000", "dm_event_id": "2090000000000000001"}}
    http, requests = answering(httpx.Response(201, json=told))
    account = Account(platform="x", external_id="1040", credentials={"access_token": "t"})
    act = outgoing(Action.DM, recipient="7001", thread="1580000000000000000")
    async with http:
        sent = await x.send(http, account, act)
    assert isinstance(sent, Sent)
    assert requests[0].url.path == "/2/dm_conversations/1580000000000000000/messages"
    assert sent.thread == "1580000000000000000"


async def test_a_public_item_answered_privately(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    act = outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment, target_author=Author("7001", "Ana Ruiz"))
    sent = await x.send(http, account, act)
    assert isinstance(sent, Sent)
    assert asked(network)[0][1] == "/2/dm_conversations/with/7001/messages"
    assert sent.thread == "7001"


async def test_somebody_who_takes_no_messages(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    network.closed.add("7001")
    outcome = await x.send(http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.RECIPIENT_UNAVAILABLE


async def test_a_comment_hidden_and_shown(network: Network, x: X, http: httpx.AsyncClient, account: Account) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Buy followers!")
    for action, hidden in ((Action.HIDE, True), (Action.UNHIDE, False)):
        sent = await x.send(http, account, outgoing(action, target=comment, text=""))
        assert isinstance(sent, Sent)
        assert sent.external_id == ""
        assert asked(network)[-1] == ("PUT", f"/2/tweets/{comment}/hidden", {"hidden": hidden})
        assert network.memory.posts[comment].hidden is hidden
    mention = await network.mention(ANA, text="@nordwindcoffee")
    elsewhere = await x.send(http, account, outgoing(Action.HIDE, target=mention, text=""))
    assert isinstance(elsewhere, Refused)


async def test_our_own_are_deleted_and_nobody_elses(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    ours = await network.elsewhere(target=mention, text="Sorry!")
    message = await network.elsewhere(target="7001", text="Sorry!")
    for kind, target, path in (
        (Kind.MENTION, ours, f"/2/tweets/{ours}"),
        (Kind.DM, message, f"/2/dm_events/{message}"),
    ):
        sent = await x.send(http, account, outgoing(Action.DELETE, kind=kind, target=target, text=""))
        assert isinstance(sent, Sent)
        assert asked(network)[-1] == ("DELETE", path, {})
    await network.flush()
    gone = next(event for event in listener.events if event.act is Act.DELETED)
    assert (gone.external_id, gone.ours, gone.as_seen) == (ours, True, True)
    theirs = await x.send(http, account, outgoing(Action.DELETE, kind=Kind.MENTION, target=mention, text=""))
    assert isinstance(theirs, Refused)
    assert theirs.error is ErrorClass.PERMISSION_MISSING


async def test_no_address_holds_the_token(network: Network, x: X, http: httpx.AsyncClient, account: Account) -> None:
    await network.dm(ANA, text="Hello")
    await x.send(http, account, outgoing(Action.DM))
    await x.poll(http, account, {})
    token = account.credentials["access_token"]
    for call in network.app.calls:
        assert token not in f"{call.path}{call.query}{call.body}"
        assert call.headers["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    ("act", "meaning"),
    [
        pytest.param(outgoing(Action.REPLY, target="9", text="x" * 281), ErrorClass.TOO_LONG, id="a long reply"),
        pytest.param(outgoing(Action.REPLY, target="9", text="日" * 141), ErrorClass.TOO_LONG, id="double weight"),
        pytest.param(outgoing(Action.DM, text="x" * 10_001), ErrorClass.TOO_LONG, id="a long message"),
        pytest.param(outgoing(Action.REPLY, target="9", text=" \n"), ErrorClass.INVALID, id="nothing"),
        pytest.param(outgoing(Action.REPLY, target=""), ErrorClass.INVALID, id="a reply to nothing"),
        pytest.param(outgoing(Action.REPLY, target="9/../me"), ErrorClass.INVALID, id="a path for an id"),
        pytest.param(outgoing(Action.DM, recipient="", thread=""), ErrorClass.INVALID, id="to nobody"),
        pytest.param(outgoing(Action.PRIVATE_REPLY, target="9"), ErrorClass.INVALID, id="privately to nobody"),
        pytest.param(outgoing(Action.HIDE, target="x", text=""), ErrorClass.INVALID, id="hiding nothing"),
        pytest.param(outgoing(Action.DELETE, target="", text=""), ErrorClass.INVALID, id="deleting nothing"),
        pytest.param(outgoing(Action.LIKE, target="9", text=""), ErrorClass.INVALID, id="a like"),
        pytest.param(
            outgoing(Action.REPLY, target="9", attachments=[Attachment("image", "https://files.example/a.jpg")]),
            ErrorClass.INVALID,
            id="a picture",
        ),
    ],
)  # fmt: skip
async def test_refused_without_a_request(
    network: Network, x: X, http: httpx.AsyncClient, account: Account, act: Outgoing, meaning: ErrorClass
) -> None:
    outcome = await x.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert network.app.calls == []


# Doubt


@pytest.mark.parametrize("how", ["fail_after_posting", "hang_after_posting", "garble"])
@pytest.mark.parametrize("action", [Action.REPLY, Action.DM])
async def test_a_post_of_unknown_outcome_is_found(
    network: Network, x: X, http: httpx.AsyncClient, account: Account, how: str, action: Action
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee, is it nordwind.com/x?")
    act = outgoing(
        action, kind=Kind.DM if action is Action.DM else Kind.MENTION, target=mention, text="Yes &  that <b>"
    )
    setattr(network.mischief, how, 1)
    assert isinstance(await x.send(http, account, act), Unknown)
    found = await x.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[0].external_id


async def test_a_message_with_a_link_is_found_though_x_shortens_it(x: X, account: Account) -> None:
    act = outgoing(Action.DM, text="It is at https://nordwind.com/beans, as you see.")
    told = {
        "id": "2090000000000000001",
        "event_type": "MessageCreate",
        "sender_id": account.external_id,
        "created_at": act.created_at.isoformat(),
        "text": "It is at https://t.co/aBc123, as you see.",
        "entities": {"urls": [{"url": "https://t.co/aBc123", "expanded_url": "https://nordwind.com/beans"}]},
    }
    http, _ = answering(httpx.Response(200, json={"data": [told], "meta": {"result_count": 1}}))
    found = await x.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.external_id == told["id"]


async def test_what_never_left_is_not_there(network: Network, x: X, http: httpx.AsyncClient, account: Account) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    act = outgoing(Action.REPLY, kind=Kind.MENTION, target=mention)
    network.mischief.refuse = 1
    assert isinstance(await x.send(http, account, act), Unknown)
    assert network.heard == []
    assert isinstance(await x.look(http, account, act), Absent)
    assert isinstance(await x.look(http, account, outgoing(Action.DM)), Absent)


async def test_the_same_words_twice_are_no_telling(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    for _ in range(2):
        await network.elsewhere(target="7001", text="On its way!")
    assert isinstance(await x.look(http, account, outgoing(Action.DM)), CannotTell)


async def test_an_older_answer_with_the_same_words_is_not_this_one(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    await network.elsewhere(target=mention, text="On its way!", at=datetime.now(UTC) - timedelta(hours=1))
    other = await network.mention(LI, text="@nordwindcoffee")
    await network.elsewhere(target=other, text="On its way!")
    act = outgoing(Action.REPLY, kind=Kind.MENTION, target=mention)
    assert isinstance(await x.look(http, account, act), Absent)
    await network.elsewhere(target=ANA.external_id, text="On its way!", at=datetime.now(UTC) - timedelta(hours=1))
    assert isinstance(await x.look(http, account, outgoing(Action.DM)), Absent)


async def test_a_deletion_is_looked_up_by_what_is_left(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    ours = await network.elsewhere(target=mention, text="Sorry!")
    act = outgoing(Action.DELETE, kind=Kind.MENTION, target=ours, text="")
    assert isinstance(await x.look(http, account, act), Absent)
    network.mischief.fail_after_posting = 1
    assert isinstance(await x.send(http, account, act), Unknown)
    assert isinstance(await x.look(http, account, act), Sent)


async def test_where_nothing_can_be_looked_up_it_says_so(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    assert isinstance(await x.look(http, account, outgoing(Action.HIDE, target="9", text="")), CannotTell)
    network.mischief.token_revoked = True
    assert isinstance(await x.look(http, account, outgoing(Action.DM)), CannotTell)


async def test_an_echo_that_is_faster_than_the_answer_is_the_same(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    network.mischief.echo_first = True
    sent = await x.send(http, account, outgoing(Action.REPLY, kind=Kind.MENTION, target=mention))
    assert isinstance(sent, Sent)
    assert [event.external_id for event in listener.events if event.ours] == [sent.external_id]
