"""The simulated network behaves, and misbehaves, as it says."""

from collections import Counter

import httpx
import pytest

from inbox.platforms.base import Account, Act, Action, Kind, Sent
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from inbox.platforms.linkedin.simulator_http import Refusal, entries, fields, plain
from inbox.platforms.simulation import Heard
from tests.platforms.house import Listener
from tests.platforms.linkedin.conftest import ANA, LI, outgoing


async def test_everything_people_do_arrives_in_our_words(network: Network, listener: Listener) -> None:
    post = await network.publish("New beans!")
    comment = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=comment, text="Same question")
    deeper = await network.comment(ANA, post=post, parent=reply, text="Right?")
    mention = await network.mention(ANA, text="@Nordwind rocks")
    ours = await network.elsewhere(target=reply, text="4 euros")
    await network.edit(comment, "How much is it?")
    await network.delete(reply)
    await network.react(ANA, target=comment)
    await network.flush()
    heard = {(event.act, event.kind, event.external_id): event for event in listener.events}
    assert list(heard) == [
        (Act.WROTE, Kind.COMMENT, comment),
        (Act.WROTE, Kind.COMMENT, reply),
        (Act.WROTE, Kind.COMMENT, deeper),
        (Act.WROTE, Kind.MENTION, mention),
        (Act.WROTE, Kind.COMMENT, ours),
        (Act.EDITED, Kind.COMMENT, comment),
        (Act.DELETED, Kind.COMMENT, reply),
    ]
    assert heard[Act.WROTE, Kind.COMMENT, deeper].parent == comment
    assert heard[Act.WROTE, Kind.COMMENT, ours].parent == comment
    assert heard[Act.WROTE, Kind.COMMENT, ours].ours
    assert heard[Act.EDITED, Kind.COMMENT, comment].text == "How much is it?"


async def test_a_notice_may_hide_which_comment_a_reply_answers(network: Network, listener: Listener) -> None:
    network.tells_parents = False
    comment = await network.comment(ANA, post=await network.publish("New!"), text="How much?")
    reply = await network.comment(LI, post="", parent=comment, text="Same question")
    await network.flush()
    assert listener.events[-1].thread == reply


async def test_deliveries_hold_ten_at_most_come_twice_and_in_any_order(network: Network, listener: Listener) -> None:
    network.mischief.batch, network.mischief.duplicate, network.mischief.shuffle = 50, 2, True
    post = await network.publish("New!")
    written = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(15)]
    await network.flush()
    assert max(len(delivery["notifications"]) for delivery in listener.deliveries) == 10
    assert Counter(event.external_id for event in listener.events) == Counter(written * 2)


async def test_a_delivery_that_is_refused_comes_again(network: Network, listener: Listener) -> None:
    listener.failing = 2
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    await network.flush()
    assert [event.external_id for event in listener.events] == [comment]


async def test_a_forged_delivery_is_refused(network: Network, listener: Listener) -> None:
    assert await network.forge(signature=None) == 403
    assert await network.forge(signature="00" * 32) == 403
    assert (listener.refused, listener.deliveries) == (2, [])


async def test_the_echo_may_come_before_the_answer(
    network: Network, listener: Listener, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    network.mischief.echo_first = True
    sent = await linkedin.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment))
    assert isinstance(sent, Sent)
    assert sent.external_id in {event.external_id for event in listener.events if event.ours}


async def test_what_we_do_is_heard_there(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    told: list[Heard] = []

    async def hear(heard: Heard) -> None:
        told.append(heard)

    network.listeners.append(hear)
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    sent = await linkedin.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment))
    await linkedin.send(http, account, outgoing(Action.LIKE, target=comment))
    await network.flush()
    assert isinstance(sent, Sent)
    assert told == network.heard
    assert [(heard.action, heard.target) for heard in told] == [("reply", comment), ("like", comment)]
    assert told[0].recipient == ANA.external_id


async def test_it_goes_on_from_what_it_kept(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    again = Network(account="1040", secrets=["client-secret", "older"])
    again.recall(network.keep())
    assert again.memory.find(comment) == network.memory.find(comment)
    assert again.connection["credentials"] == network.connection["credentials"]
    assert again.memory.number() not in network.memory.items
    assert again.memory.notices == network.memory.notices


async def test_one_that_remembers_more_takes_answers_to_what_it_forgot(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    known = Network(account="1040", secrets=["other"])
    post = await known.publish("Before")
    comment = await known.comment(ANA, post=post, text="Hm")
    network.remembers_more = True
    network.memory.items |= {post.rpartition(":")[2]: known.memory.items[post.rpartition(":")[2]]}
    sent = await linkedin.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment))
    assert isinstance(sent, Sent)


def test_unescaped_signs_of_structure_are_refused() -> None:
    assert plain("urn%3Ali%3Acomment%3A%281%2C2%29") == "urn:li:comment:(1,2)"
    assert entries("List(a%2Cb,c)") == ["a,b", "c"]
    assert fields("(actor:urn%3Ali%3Ax,entity:y)") == {"actor": "urn:li:x", "entity": "y"}
    for wrong in ("urn:li:x", "urn%3Ali(1)"):
        with pytest.raises(Refusal):
            plain(wrong)
