"""The simulated network behaves, and misbehaves, as it says."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from inbox.platforms.base import Account, Act, Action, Kind, Sent, Unknown
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import PAGE_INBOX
from inbox.platforms.facebook.simulator import Facebook as Network
from inbox.platforms.simulation import Heard
from tests.platforms.facebook.conftest import ANA, LI, outgoing
from tests.platforms.house import Listener


async def test_everything_people_do_arrives_in_our_words(network: Network, listener: Listener) -> None:
    post = await network.publish("New beans!")
    comment = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=comment, text="Same question")
    deeper = await network.comment(ANA, post=post, parent=reply, text="Right?")
    visit = await network.visit(LI, text="Your parcel came open.")
    mention = await network.mention(ANA, text="@Nordwind rocks")
    message = await network.dm(ANA, text="Hello", image="https://scontent.example/x.jpg")
    rating = await network.review(LI, text="Cold coffee", positive=False)
    below = await network.comment(LI, post=rating, text="Really cold")
    await network.edit(comment, "How much is it?")
    await network.edit(message, "Hello!")
    await network.delete(reply)
    await network.delete(message)
    await network.react(ANA, target=post)
    await network.flush()
    heard = {(event.act, event.kind, event.external_id): event for event in listener.events}
    assert list(heard) == [
        (Act.WROTE, Kind.COMMENT, comment),
        (Act.WROTE, Kind.COMMENT, reply),
        (Act.WROTE, Kind.COMMENT, deeper),
        (Act.WROTE, Kind.MENTION, visit),
        (Act.WROTE, Kind.MENTION, mention),
        (Act.WROTE, Kind.DM, message),
        (Act.WROTE, Kind.REVIEW, rating),
        (Act.WROTE, Kind.REVIEW, below),
        (Act.EDITED, Kind.COMMENT, comment),
        (Act.EDITED, Kind.DM, message),
        (Act.DELETED, Kind.COMMENT, reply),
        (Act.DELETED, Kind.DM, message),
    ]
    assert heard[Act.WROTE, Kind.COMMENT, comment].thread == comment
    assert heard[Act.WROTE, Kind.COMMENT, reply].parent == comment
    assert heard[Act.WROTE, Kind.COMMENT, deeper].parent == comment
    assert heard[Act.WROTE, Kind.REVIEW, below].parent == rating
    assert heard[Act.WROTE, Kind.REVIEW, rating].rating == 1
    assert heard[Act.WROTE, Kind.MENTION, visit].visitor_post
    assert heard[Act.EDITED, Kind.DM, message].revision == 1
    assert heard[Act.EDITED, Kind.COMMENT, comment].text == "How much is it?"


async def test_mentions_can_come_without_their_author(network: Network, listener: Listener) -> None:
    network.anonymous_mentions = True
    await network.mention(ANA, text="@Nordwind?")
    await network.flush()
    assert [event.author for event in listener.events] == [None]


async def test_a_colleague_elsewhere_is_heard_as_ours(network: Network, listener: Listener) -> None:
    message = await network.dm(ANA, text="Hello")
    comment = await network.comment(ANA, post=await network.publish("Hi"), text="And here?")
    await network.elsewhere(target=message, text="From the Page's inbox")
    await network.elsewhere(target=message, text="From a tool", app_id="99")
    await network.elsewhere(target=comment, text="In public")
    await network.flush()
    told = [(event.text, event.app_id) for event in listener.events if event.ours]
    assert told == [("From the Page's inbox", PAGE_INBOX), ("From a tool", "99"), ("In public", "")]


async def test_history_comes_with_its_own_times_in_few_requests(network: Network, listener: Listener) -> None:
    network.mischief.batch = 1000
    post = await network.publish("New!", at=datetime(2026, 9, 1, tzinfo=UTC))
    start = datetime(2026, 9, 2, tzinfo=UTC)
    for hour in range(1500):
        await network.comment(ANA, post=post, text=f"No. {hour}", at=start + timedelta(hours=hour))
    await network.flush()
    assert len(listener.deliveries) == 2
    assert [event.at for event in listener.events] == [start + timedelta(hours=hour) for hour in range(1500)]


async def test_duplicates_and_shuffling_keep_the_keys(network: Network, listener: Listener) -> None:
    network.mischief.duplicate, network.mischief.shuffle, network.mischief.batch = 3, True, 7
    messages = {await network.dm(ANA, text=f"No. {number}") for number in range(20)}
    await network.flush()
    heard = [event.external_id for event in listener.events]
    assert len(heard) == 60
    assert set(heard) == messages
    assert len(listener.deliveries) == 9
    in_order = sorted(heard, key=lambda message: network.memory.items[message].at)
    assert heard != in_order


async def test_what_is_not_taken_is_brought_again(network: Network, listener: Listener) -> None:
    listener.failing = 3
    message = await network.dm(ANA, text="Hello")
    await network.flush()
    assert [event.external_id for event in listener.events] == [message]
    assert listener.failing == 0


async def test_a_mute_network_is_heard_by_nobody(network: Network, listener: Listener) -> None:
    network.mischief.mute = True
    await network.dm(ANA, text="Hello")
    await network.flush()
    assert listener.deliveries == []


@pytest.mark.parametrize("signature", [None, "sha256=00", "sha1=e746a175d630e04e901793ec897a3f4683ffe1a0"])
async def test_forgeries_are_refused(network: Network, listener: Listener, signature: str | None) -> None:
    assert await network.forge(signature=signature) == 403
    assert (listener.deliveries, listener.refused) == ([], 1)


async def test_the_echo_can_be_first(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    await network.flush()
    network.mischief.echo_first = True
    network.mischief.hang_after_posting = 1
    assert isinstance(await facebook.send(http, account, outgoing(Action.DM)), Unknown)
    echo = next(event for event in listener.events if event.ours)
    assert (echo.correlation, echo.text, echo.app_id) == ("inbox:msg:42", "On its way!", network.app_id)


async def test_listeners_hear_what_we_do_and_may_answer(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    async def thank(heard: Heard) -> None:
        await network.dm(ANA, text=f"Thanks for “{heard.text}”")

    network.listeners.append(thank)
    await network.dm(ANA, text="Hello")
    sent = await facebook.send(http, account, outgoing(Action.DM))
    await network.flush()
    assert isinstance(sent, Sent)
    assert network.heard == [
        Heard("dm", sent.external_id, "On its way!", recipient=ANA.external_id, correlation="inbox:msg:42")
    ]
    assert "Thanks for “On its way!”" in [event.text for event in listener.events]
    acts = {event.act for event in listener.events}
    assert {Act.DELIVERED, Act.READ} <= acts


async def test_a_network_started_again_can_be_told_to_know_what_was_before(
    facebook: Facebook, http: httpx.AsyncClient, network: Network, account: Account
) -> None:
    target = "17900000000000001_17900000000000002"
    act = outgoing(Action.REPLY, target=target, thread=target)
    assert not isinstance(await facebook.send(http, account, act), Sent)
    network.remembers_more = True
    sent = await facebook.send(http, account, act)
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].parent == target
    assert network.memory.of_kind("post", "mention", "rating") == []


async def test_an_edit_by_the_wrong_path_would_overwrite(
    network: Network, http: httpx.AsyncClient, account: Account, facebook: Facebook
) -> None:
    """The simulator has the trap, so a connector that falls into it is seen."""
    post = await network.publish("Hi")
    comment = await network.comment(ANA, post=post, text="Mine")
    sent = await facebook.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment, root=post))
    assert isinstance(sent, Sent)
    form = {"message": "Overwritten", "appsecret_proof": network.app.calls[-1][2]["appsecret_proof"]}
    headers = {"authorization": f"Bearer {network.token}"}
    ours = await http.post(f"{network.url}/v25.0/{sent.external_id}", data=form, headers=headers)
    theirs = await http.post(f"{network.url}/v25.0/{comment}", data=form, headers=headers)
    assert (ours.status_code, theirs.status_code) == (200, 403)
    assert network.memory.items[sent.external_id].text == "Overwritten"
    assert network.memory.items[comment].text == "Mine"
