"""Looking for what may or may not have been posted. A weak look: it finds, and proves no absence."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from inbox.platforms.base import Absent, Account, Action, CannotTell, Kind, Lookup, Sent, Unknown
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from tests.platforms.facebook.conftest import ANA, LI, outgoing


def test_it_is_declared_weak() -> None:
    assert Facebook.lookup is Lookup.WEAK
    assert not Facebook.idempotency


@pytest.mark.parametrize("deep", [False, True])
async def test_a_reply_that_was_posted_is_found(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, deep: bool
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="How much?")
    target = await network.comment(LI, post=post, parent=root, text="Same") if deep else root
    act = outgoing(Action.REPLY, target=target, thread=root, root=post, text="4  Euros")
    network.mischief.fail_after_posting = 1
    assert isinstance(await facebook.send(http, account, act), Unknown)
    found = await facebook.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[0].external_id
    assert found.permalink


async def test_a_reply_to_a_review_is_found(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    rating = await network.review(ANA, text="Cold", positive=False)
    below = await network.comment(ANA, post=rating, text="Really")
    act = outgoing(Action.REPLY, kind=Kind.REVIEW, target=below, thread=rating, root=rating)
    network.mischief.garble = 1
    await facebook.send(http, account, act)
    assert isinstance(await facebook.look(http, account, act), Sent)


async def test_a_message_that_was_sent_is_found(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="On its way!")
    await network.dm(LI, text="Other")
    act = outgoing(Action.DM)
    network.mischief.hang_after_posting = 1
    assert isinstance(await facebook.send(http, account, act), Unknown)
    found = await facebook.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[0].external_id


async def test_a_private_reply_is_found_in_the_conversation_it_opened(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Where?")
    act = outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment)
    assert isinstance(await facebook.look(http, account, act), Absent)
    network.mischief.fail_after_posting = 1
    await facebook.send(http, account, act)
    found = await facebook.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.thread == ANA.external_id, "so that it stands in that conversation as well"


async def test_what_was_never_posted_is_absent(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="On its way!")
    await network.dm(ANA, text="Hello")
    network.mischief.refuse = 1
    act = outgoing(Action.REPLY, target=comment, thread=comment)
    assert isinstance(await facebook.send(http, account, act), Unknown)
    assert isinstance(await facebook.look(http, account, act), Absent)
    assert isinstance(await facebook.look(http, account, outgoing(Action.DM)), Absent)


async def test_the_same_words_from_before_do_not_count(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="How much?")
    await network.elsewhere(target=comment, text="On its way!", at=datetime.now(UTC) - timedelta(hours=1))
    assert isinstance(await facebook.look(http, account, outgoing(Action.REPLY, target=comment)), Absent)


async def test_the_same_words_twice_are_no_telling(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="How much?")
    act = outgoing(Action.REPLY, target=comment, thread=comment)
    await facebook.send(http, account, act)
    await network.elsewhere(target=comment, text="on its  way!")
    assert isinstance(await facebook.look(http, account, act), CannotTell)


async def test_a_thread_longer_than_a_page_is_read_on(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="First")
    act = outgoing(Action.REPLY, target=root, thread=root)
    await facebook.send(http, account, act)
    for number in range(150):
        await network.comment(LI, post=post, parent=root, text=f"No. {number}")
    assert isinstance(await facebook.look(http, account, act), Sent)
    for number in range(400):
        await network.comment(LI, post=post, parent=root, text=f"More {number}")
    assert isinstance(await facebook.look(http, account, act), CannotTell)


async def test_nowhere_to_look_is_no_telling(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    gone = outgoing(Action.REPLY, target="1_2", thread="1_2")
    assert isinstance(await facebook.look(http, account, gone), CannotTell)
    assert isinstance(await facebook.look(http, account, outgoing(Action.REPLY)), CannotTell)
    assert isinstance(await facebook.look(http, account, outgoing(Action.DM)), CannotTell)
    network.mischief.token_revoked = True
    assert isinstance(await facebook.look(http, account, outgoing(Action.DM)), CannotTell)


async def test_hiding_liking_and_deleting_show_by_themselves(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Spam")
    for act, undo in ((Action.HIDE, Action.UNHIDE), (Action.LIKE, Action.UNLIKE)):
        assert isinstance(await facebook.look(http, account, outgoing(act, target=comment)), Absent)
        network.mischief.fail_after_posting = 1
        await facebook.send(http, account, outgoing(act, target=comment))
        assert isinstance(await facebook.look(http, account, outgoing(act, target=comment)), Sent)
        assert isinstance(await facebook.look(http, account, outgoing(undo, target=comment)), Absent)
    delete = outgoing(Action.DELETE, target=comment)
    assert isinstance(await facebook.look(http, account, delete), Absent)
    await facebook.send(http, account, delete)
    assert isinstance(await facebook.look(http, account, delete), Sent)
