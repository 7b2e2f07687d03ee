"""Whether something of unknown outcome is there: found, not found, or no telling."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from inbox.platforms.base import Absent, Account, Action, CannotTell, Kind, Sent
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.linkedin.conftest import ANA, outgoing


@pytest.fixture
async def comment(network: Network) -> str:
    return await network.comment(ANA, post=await network.publish("New!"), text="Really?")


async def test_a_reply_that_got_through_is_found(
    comment: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    act = outgoing(Action.REPLY, text="On its  way!", target=comment, thread=comment)
    network.mischief.hang_after_posting = 1
    await linkedin.send(http, account, act)
    found = await linkedin.look(http, account, act)
    assert isinstance(found, Sent)
    item = network.memory.find(found.external_id)
    assert item is not None
    assert item.text == "On its  way!"


async def test_a_reply_that_did_not_is_absent(
    comment: str, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    act = outgoing(Action.REPLY, target=comment, thread=comment)
    assert isinstance(await linkedin.look(http, account, act), Absent)


async def test_the_same_words_by_somebody_else_or_long_ago_are_not_ours(
    comment: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    await network.comment(ANA, post="", parent=comment, text="On its way!")
    await network.elsewhere(target=comment, text="On its way!", at=datetime.now(UTC) - timedelta(hours=1))
    act = outgoing(Action.REPLY, target=comment, thread=comment)
    assert isinstance(await linkedin.look(http, account, act), Absent)


async def test_the_same_words_twice_are_no_telling(
    comment: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    await network.elsewhere(target=comment, text="On its way!")
    await network.elsewhere(target=comment, text="On its way!")
    act = outgoing(Action.REPLY, target=comment, thread=comment)
    assert isinstance(await linkedin.look(http, account, act), CannotTell)


async def test_a_reply_beyond_the_first_page_is_found(
    comment: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    start = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(120):
        await network.comment(ANA, post="", parent=comment, text=f"No. {number}", at=start)
    ours = await network.elsewhere(target=comment, text="On its way!")
    found = await linkedin.look(http, account, outgoing(Action.REPLY, target=comment, thread=comment))
    assert isinstance(found, Sent)
    assert found.external_id == ours


async def test_a_comment_below_a_mention_is_found(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@Nordwind")
    act = outgoing(Action.REPLY, kind=Kind.MENTION, target=mention, thread=mention)
    network.mischief.fail_after_posting = 1
    await linkedin.send(http, account, act)
    assert isinstance(await linkedin.look(http, account, act), Sent)


async def test_likes_and_deletions_are_seen_in_the_thing_itself(
    comment: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    like, unlike, delete = (outgoing(action, target=comment) for action in (Action.LIKE, Action.UNLIKE, Action.DELETE))
    assert isinstance(await linkedin.look(http, account, like), Absent)
    assert isinstance(await linkedin.look(http, account, unlike), Sent)
    await linkedin.send(http, account, like)
    assert isinstance(await linkedin.look(http, account, like), Sent)
    assert isinstance(await linkedin.look(http, account, unlike), Absent)
    assert isinstance(await linkedin.look(http, account, delete), Absent)
    await network.delete(comment)
    assert isinstance(await linkedin.look(http, account, delete), Sent)


async def test_a_look_that_is_refused_is_no_telling(
    comment: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.mischief.token_revoked = True
    for action in (Action.REPLY, Action.LIKE, Action.DELETE):
        assert isinstance(await linkedin.look(http, account, outgoing(action, target=comment)), CannotTell)
    for action in (Action.REPLY, Action.LIKE, Action.DELETE):
        assert isinstance(await linkedin.look(http, account, outgoing(action, target="?")), CannotTell)
