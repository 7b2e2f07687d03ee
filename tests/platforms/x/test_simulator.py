"""The simulated network behaves, and misbehaves, as it says."""

from datetime import UTC, datetime, timedelta

import httpx

from inbox.platforms.base import Account, Act, Action, Kind, Sent
from inbox.platforms.simulation import Heard
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import Listener, account_of, served
from tests.platforms.x.conftest import ANA, LI, Sweep, outgoing


async def test_everything_people_do_arrives_in_our_words(network: Network, listener: Listener) -> None:
    post = await network.publish("New beans!")
    comment = await network.comment(ANA, post=post, text="How much?")
    both = await network.comment(LI, post=post, text="Tell me too, @nordwindcoffee")
    mention = await network.mention(ANA, text="I like @nordwindcoffee & <3")
    quote = await network.quote(LI, post=post, text="Look")
    message = await network.dm(ANA, text="Hello", image="https://ton.x.com/x.jpg")
    answer = await network.elsewhere(target=message, text="Hi Ana")
    again = await network.dm(ANA, text="Thanks")
    chat = await network.whisper(LI)
    await network.edit(mention, "I love @nordwindcoffee")
    await network.flush()
    heard = [(one.act, one.kind, one.external_id) for one in listener.events]
    assert heard == [
        (Act.WROTE, Kind.COMMENT, comment),
        (Act.WROTE, Kind.COMMENT, both),
        (Act.WROTE, Kind.COMMENT, both),
        (Act.WROTE, Kind.MENTION, mention),
        (Act.WROTE, Kind.MENTION, quote),
        (Act.WROTE, Kind.DM, message),
        (Act.WROTE, Kind.DM, answer),
        (Act.READ, Kind.DM, "7001"),
        (Act.WROTE, Kind.DM, again),
        (Act.UNSUPPORTED, Kind.DM, chat),
        (Act.WROTE, Kind.MENTION, mention),
        (Act.EDITED, Kind.MENTION, mention),
    ]
    by_id = {one.external_id: one for one in listener.events if one.act is Act.WROTE}
    assert by_id[comment].text == "How much?"
    assert by_id[both].text == "Tell me too, @nordwindcoffee"
    assert listener.events[3].text == "I like @nordwindcoffee & <3"
    assert by_id[message].attachments[0].url == "https://ton.x.com/x.jpg"


async def test_deliveries_come_twice_out_of_order_and_after_failures(network: Network, listener: Listener) -> None:
    network.mischief.duplicate, network.mischief.shuffle, listener.failing = 2, True, 3
    expected = {await network.dm(ANA, text=f"No. {number}") for number in range(10)}
    await network.flush()
    heard = [one.external_id for one in listener.events]
    assert set(heard) == expected
    assert len(heard) == 20
    assert listener.refused == 0


async def test_an_address_that_stays_silent_is_given_up(network: Network, listener: Listener) -> None:
    network.postman.patience = 0.0
    listener.failing = 100
    await network.dm(ANA, text="Hello")
    await network.flush()
    assert network.postman.given_up == 1


async def test_forged_deliveries_are_refused(network: Network, listener: Listener) -> None:
    assert await network.forge(signature=None) == 403
    assert await network.forge(signature="sha256=AAAA") == 403
    assert listener.deliveries == []


async def test_a_customer_who_deletes_is_heard_by_reading_again_alone(network: Network, listener: Listener) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    await network.delete(mention)
    await network.flush()
    assert [one.act for one in listener.events] == [Act.WROTE]


async def test_it_goes_on_where_it_was(network: Network, x: X, http: httpx.AsyncClient, sweep: Sweep) -> None:
    account = account_of(network)
    renewed = await x.refresh(http, account)
    assert renewed is not None
    mention = await network.mention(ANA, text="@nordwindcoffee")
    message = await network.dm(LI, text="Hello")
    again = Network(account="1040", secrets=["consumer-secret", "token-secret"])
    again.recall(network.keep())
    async with served(again.app) as url:
        again.bind(url=url)
        late = Account(platform="x", external_id="1040", credentials=renewed, settings=again.connection["settings"])
        found = []
        cursor: dict[str, object] = {}
        for _ in range(3):
            polled = await x.poll(http, late, cursor)
            cursor = polled.cursor
            found += [event for payload in polled.payloads for event in x.normalise(payload)]
        assert {event.external_id for event in found} == {mention, message}
        sent = await x.send(http, late, outgoing(Action.REPLY, kind=Kind.MENTION, target=mention))
        assert isinstance(sent, Sent)
        assert int(sent.external_id) > int(message)
        assert await x.refresh(http, late) is not None
    await again.close()


async def test_answers_to_what_it_forgot_are_taken_where_it_is_told_so(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    network.remembers_more = True
    act = outgoing(Action.REPLY, kind=Kind.MENTION, target="2090000000000000001")
    assert isinstance(await x.send(http, account, act), Sent)
    assert isinstance(await x.send(http, account, outgoing(Action.DM, recipient="9999", thread="9999")), Sent)


async def test_whoever_listens_hears_what_our_side_did(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    told: list[Heard] = []

    async def listen(heard: Heard) -> None:
        told.append(heard)

    network.listeners.append(listen)
    mention = await network.mention(ANA, text="@nordwindcoffee")
    await x.send(http, account, outgoing(Action.REPLY, kind=Kind.MENTION, target=mention))
    await network.flush()
    assert [(one.action, one.target, one.recipient) for one in told] == [("reply", mention, "7001")]


async def test_ids_grow_with_time_even_where_the_past_is_written_later(network: Network) -> None:
    now = datetime.now(UTC)
    old = await network.mention(ANA, text="@nordwindcoffee", at=now - timedelta(days=3))
    new = await network.mention(ANA, text="@nordwindcoffee", at=now)
    older = await network.mention(ANA, text="@nordwindcoffee", at=now - timedelta(days=4))
    assert int(older) < int(old) < int(new)
