"""Back-fill and repair of gaps: what the poll finds is what the webhooks had said, within the day's calls."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, Act, Budget, ErrorClass, Incoming, Kind, NotHere
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.house import Listener
from tests.platforms.linkedin.conftest import ANA, LI, Polling

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def keys(events: list[Incoming]) -> set[tuple[Any, ...]]:
    return {(one.account, one.act, one.kind, one.external_id, one.revision) for one in events}


async def lively(network: Network, *, ago: timedelta = timedelta(hours=3)) -> str:
    """A little of everything. Gives the first comment."""
    start = datetime.now(UTC).replace(microsecond=0) - ago
    post = await network.publish("New beans!", at=start)
    root = await network.comment(ANA, post=post, text="How much?", at=start + timedelta(minutes=1))
    reply = await network.comment(LI, post=post, parent=root, text="Same", at=start + timedelta(minutes=2))
    await network.elsewhere(target=root, text="4 euros", at=start + timedelta(minutes=3))
    await network.mention(ANA, text="@Nordwind", at=start + timedelta(minutes=4))
    await network.edit(reply, "The same", at=start + timedelta(minutes=5))
    gone = await network.comment(LI, post=post, text="Never mind", at=start + timedelta(minutes=6))
    await network.delete(gone, at=start + timedelta(minutes=7))
    await network.react(LI, target=root)
    return root


async def test_poll_and_webhook_are_one_and_the_same(network: Network, listener: Listener, sweep: Polling) -> None:
    await lively(network)
    await network.flush()
    polled, _, _ = await sweep({})
    assert keys(polled) == keys(listener.events)
    heard = {(one.external_id, one.act): one for one in listener.events}
    for event in polled:
        twin = heard[event.external_id, event.act]
        for name in ("thread", "parent", "root", "lane", "ours", "kind", "attachments"):
            assert getattr(event, name) == getattr(twin, name), (name, event)


async def test_what_is_below_a_post_that_is_not_public_is_found_by_walking(
    network: Network, listener: Listener, sweep: Polling
) -> None:
    post = await network.publish("For members", public=False)
    comment = await network.comment(ANA, post=post, text="Hello", image="https://media.example/a.jpg")
    reply = await network.comment(LI, post=post, parent=comment, text="Hello too")
    await network.flush()
    assert listener.events == []
    polled, cursor, _ = await sweep({})
    assert [(one.external_id, one.parent) for one in polled] == [(comment, ""), (reply, comment)]
    assert polled[0].attachments[0].url == "https://media.example/a.jpg"
    assert polled[0].post is not None
    assert polled[0].post.text == "For members"
    later = await network.comment(LI, post=post, text="Again")
    again, _, calls = await sweep(cursor)
    assert (again, calls) == ([], 1.0)  # posts are walked once a day
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, minutes=1)):
        again, _, _ = await sweep(cursor)
    assert later in {one.external_id for one in again}


async def test_the_next_poll_is_one_call_and_brings_what_is_new_with_an_overlap(
    network: Network, sweep: Polling
) -> None:
    root = await lively(network)
    _, cursor, _ = await sweep({})
    late = await network.comment(LI, post="", parent=root, text="Still?")
    again, cursor, calls = await sweep(cursor)
    assert calls == 1
    assert [one.external_id for one in again if one.act is Act.WROTE] == [late]
    # What had come within the last hour is told once more: nothing is lost to a clock or an index that lags.
    once_more, _, _ = await sweep(cursor)
    assert late in {one.external_id for one in once_more}


async def test_every_page_of_notifications_and_comments_is_read(network: Network, sweep: Polling) -> None:
    post = await network.publish("Popular")
    start = datetime.now(UTC) - timedelta(hours=4)
    written = {
        await network.comment(ANA, post=post, text=f"No. {number}", at=start + timedelta(seconds=number))
        for number in range(130)
    }
    polled, _, calls = await sweep({})
    assert {one.external_id for one in polled} == written
    assert calls == 3 + 1 + 3  # notifications, posts, comments
    for number in range(25):
        await network.publish(f"Post {number}")
    _, _, calls = await sweep({})
    assert calls == 3 + 3 + 26 + 2


async def test_back_fill_reaches_sixty_days_and_no_further(network: Network, sweep: Polling) -> None:
    now = datetime.now(UTC)
    post = await network.publish("Old", at=now - timedelta(days=59, hours=2))
    old = await network.comment(ANA, post=post, text="Still here", at=now - timedelta(days=59, hours=1))
    await network.publish("Ancient", at=now - timedelta(days=70))
    polled, _, _ = await sweep({})
    assert {one.external_id for one in polled} == {old}
    asked = [call for call in network.app.calls if call.path[1] == "socialActions"]
    assert len(asked) == 1


async def test_notifications_without_what_they_are_about_are_filled_in(network: Network, sweep: Polling) -> None:
    root = await lively(network)
    network.bare_notices = True
    polled, _, _ = await sweep({})
    told = {(one.external_id, one.act): one for one in polled}
    assert told[root, Act.WROTE].text == "How much?"
    mention = next(one for one in polled if one.kind is Kind.MENTION)
    assert mention.text == "@Nordwind"
    assert mention.author is not None
    # What has been deleted meanwhile is told all the same, and then that it is gone.
    gone = [one for one in polled if one.act is Act.DELETED]
    assert len(gone) == 1
    assert (gone[0].external_id, Act.WROTE) in told


async def test_a_role_without_notifications_still_walks(network: Network, sweep: Polling) -> None:
    network.role = "DIRECT_SPONSORED_CONTENT_POSTER"
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hi")
    polled, cursor, _ = await sweep({})
    assert [one.external_id for one in polled] == [comment]
    assert cursor["denied"] == ["notifications"]
    soon, _, _ = await sweep(cursor)
    assert soon == []
    later = await network.comment(LI, post="", parent=comment, text="And?")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        polled, _, _ = await sweep(cursor)
    assert later in {one.external_id for one in polled}


async def test_a_role_that_may_only_write_hears_nothing_and_no_error(network: Network, sweep: Polling) -> None:
    network.role = "RECRUITING_POSTER"
    await network.comment(ANA, post=await network.publish("New!"), text="Hi")
    polled, _, _ = await sweep({})
    assert polled == []


async def test_a_role_that_was_lost_is_said(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.role = ""
    first = await linkedin.poll(http, account, {})
    assert first.cursor["denied"] == ["notifications"]
    with pytest.raises(NotHere) as refusal:
        await linkedin.poll(http, account, first.cursor)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING
    assert "role" in str(refusal.value)


async def test_a_version_that_is_served_no_more_is_said(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.versions = {"209901"}
    first = await linkedin.poll(http, account, {})
    with pytest.raises(NotHere) as refusal:
        await linkedin.poll(http, account, first.cursor)
    assert "`version`" in str(refusal.value)


async def test_where_calls_are_counted_a_walk_takes_one_step_a_turn_and_notifications_come_first(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    hidden = [await network.publish(f"Post {number}", public=False) for number in range(3)]
    comments = {await network.comment(ANA, post=post, text="Hello") for post in hidden}
    budget = Budget(limit=100, used=0, reserve=0.2, resets_at=datetime.now(UTC) + timedelta(hours=10))
    counted = msgspec.structs.replace(account, budget=budget)
    cursor: dict[str, Any] = {}
    found: set[str] = set()
    for turn in range(4):
        steps = []
        while True:
            polled = await linkedin.poll(http, counted, cursor)
            steps.append(network.app.calls[-1].path[1])
            cursor = msgspec.json.decode(msgspec.json.encode(polled.cursor))
            found |= {one.external_id for payload in polled.payloads for one in linkedin.normalise(payload)}
            if not polled.more:
                break
        assert steps == ["organizationalEntityNotifications", "socialActions" if turn else "posts"]
        assert polled.again_in is not None
        assert polled.again_in > timedelta(minutes=5)
    assert found == comments
    assert "walk" not in cursor


async def test_a_day_without_calls_left_waits_for_midnight_without_asking(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    spent = Budget(limit=100, used=80, reserve=0.2, resets_at=midnight)
    account = msgspec.structs.replace(account, budget=spent)
    with time_machine.travel(NOW, tick=False):
        polled = await linkedin.poll(http, account, {"since": 5})
    assert polled.cursor == {"since": 5}
    assert polled.again_in == timedelta(hours=12)
    assert network.app.calls == []
    assert spent.left == 20  # for replies


async def test_between_two_turns_it_waits_as_set(linkedin: LinkedIn, http: httpx.AsyncClient, account: Account) -> None:
    account.settings["poll_minutes"] = 20
    walked: dict[str, Any] = {"walked": int(datetime.now(UTC).timestamp() * 1000)}
    assert (await linkedin.poll(http, account, walked)).again_in == timedelta(minutes=20)


async def test_calls_are_spread_over_the_day(linkedin: LinkedIn, http: httpx.AsyncClient, account: Account) -> None:
    budget = Budget(limit=100, used=8, reserve=0.2, resets_at=datetime.now(UTC) + timedelta(hours=12))
    account = msgspec.structs.replace(account, budget=budget)
    cursor: dict[str, Any] = {"walked": int(datetime.now(UTC).timestamp() * 1000)}
    polled = await linkedin.poll(http, account, cursor)
    assert polled.cost == 1
    assert polled.again_in is not None
    assert timedelta(minutes=9) < polled.again_in <= timedelta(minutes=10)


async def test_linkedins_own_end_of_the_day_is_obeyed(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.calls_left = 0
    with pytest.raises(NotHere) as refusal:
        await linkedin.poll(http, account, {})
    assert refusal.value.error is ErrorClass.QUOTA_EXHAUSTED
    assert refusal.value.retry_at is not None
    assert (refusal.value.retry_at.hour, refusal.value.retry_at.minute) == (0, 0)
