"""Looking for what may or may not have been posted. A weak look: it finds, and proves no absence."""

import httpx
import pytest

from inbox.platforms.base import Absent, Account, Action, Author, CannotTell, Kind, Lookup, Sent, Unknown
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from tests.platforms.instagram.conftest import ANA, LI, outgoing


def test_it_is_declared_weak() -> None:
    assert Instagram.lookup is Lookup.WEAK
    assert not Instagram.correlation


@pytest.mark.parametrize("deep", [False, True])
async def test_a_reply_that_was_posted_is_found(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account, deep: bool
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="How much?")
    target = await network.comment(LI, post=post, parent=root, text="Same") if deep else root
    act = outgoing(Action.REPLY, target=target, thread=root, root=post, target_author=Author("7002", "", "li.wei"))
    assert isinstance(await instagram.look(http, account, act), Absent)
    network.mischief.fail_after_posting = 1
    assert isinstance(await instagram.send(http, account, act), Unknown)
    found = await instagram.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[0].external_id


async def test_a_thread_longer_than_a_page_is_read_to_its_end(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    root = await network.comment(ANA, post=(post := await network.publish("New!")), text="First")
    for number in range(120):
        await network.comment(LI, post=post, parent=root, text=f"No. {number}")
    act = outgoing(Action.REPLY, target=root, thread=root)
    await instagram.send(http, account, act)
    assert isinstance(await instagram.look(http, account, act), Sent)


async def test_a_message_and_a_private_reply_are_found_in_the_conversation(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Where?")
    private = outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment, text="May I ask your number?")
    for act in (outgoing(Action.DM), private):
        assert isinstance(await instagram.look(http, account, act), Absent)
        network.mischief.hang_after_posting = 1
        await instagram.send(http, account, act)
        found = await instagram.look(http, account, act)
        assert isinstance(found, Sent)
        assert found.external_id == network.heard[-1].external_id


async def test_the_same_words_twice_are_no_telling(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="How much?")
    act = outgoing(Action.REPLY, target=comment, thread=comment)
    await instagram.send(http, account, act)
    await network.elsewhere(target=comment, text="on its  way!")
    assert isinstance(await instagram.look(http, account, act), CannotTell)


async def test_hiding_and_deleting_show_by_themselves(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Spam")
    hide, unhide, delete = (outgoing(one, target=comment) for one in (Action.HIDE, Action.UNHIDE, Action.DELETE))
    assert isinstance(await instagram.look(http, account, hide), Absent)
    await instagram.send(http, account, hide)
    assert isinstance(await instagram.look(http, account, hide), Sent)
    assert isinstance(await instagram.look(http, account, unhide), Absent)
    assert isinstance(await instagram.look(http, account, delete), Absent)
    await instagram.send(http, account, delete)
    assert isinstance(await instagram.look(http, account, delete), Sent)


async def test_nowhere_to_look_is_no_telling(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    acts = [
        outgoing(Action.REPLY, kind=Kind.MENTION, target="1", thread="1"),
        outgoing(Action.REPLY, target="999999999999", thread="999999999999"),
        outgoing(Action.PRIVATE_REPLY, target="1", target_author=None),
        outgoing(Action.DM, recipient="9999"),
        outgoing(Action.HIDE, target=""),
    ]
    for act in acts:
        assert isinstance(await instagram.look(http, account, act), CannotTell)
