"""Page after page, and what happens when Pinterest will not."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine

from inbox.platforms.base import Account, Action, ErrorClass, Kind, NotHere, Outgoing, Refused
from inbox.platforms.pinterest.connector import Pinterest
from inbox.platforms.pinterest.simulator import Pinterest as Network
from tests.platforms.pinterest.conftest import ANA, Polling

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def test_every_page_is_walked_and_remembered(network: Network, account: Account, sweep: Polling) -> None:
    account.settings["page_size"] = 4
    pins = [await network.publish(f"Pin {number}") for number in range(10)]
    _, cursor, _ = await sweep({})
    assert set(cursor["counts"]) == set(pins)
    assert cursor["whole"] is True
    assert [call.params.get("bookmark", "") != "" for call in network.app.calls] == [False, True, True]
    for pin in pins:
        await network.comment(ANA, post=pin, text="Nice")
    events, _, _ = await sweep(cursor)
    assert {event.thread for event in events} == set(pins)


async def test_a_sweep_that_was_cut_short_goes_on_and_stays_silent(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> None:
    account.settings["page_size"] = 4
    pins = [await network.publish(f"Pin {number}") for number in range(6)]
    for pin in pins:
        await network.comment(ANA, post=pin, text="From before")
    first = await pinterest.poll(http, account, {})
    assert first.more
    events, cursor, _ = await sweep(first.cursor)
    assert events == []
    assert len(cursor["counts"]) == 6


async def test_a_bookmark_that_grew_old_begins_again_once(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> None:
    account.settings["page_size"] = 4
    pins = [await network.publish(f"Pin {number}") for number in range(6)]
    first = await pinterest.poll(http, account, {})
    network.bookmarks.clear()
    events, cursor, _ = await sweep(first.cursor)
    assert (events, set(cursor["counts"])) == ([], set(pins))


async def test_bookmarks_that_grow_old_again_and_again_do_not_end_the_counting(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> None:
    """The walk is left for the next one: its last bookmark would be refused for ever."""
    account.settings.update(page_size=4, poll_minutes=15)
    pins = [await network.publish(f"Pin {number}") for number in range(6)]
    _, cursor, _ = await sweep({})
    for pin in pins:
        await network.comment(ANA, post=pin, text="Nice")
    told = []
    for _ in range(2):  # the first page, and that its bookmark is old
        page = await pinterest.poll(http, account, cursor)
        told += [event for payload in page.payloads for event in pinterest.normalise(payload)]
        network.bookmarks.clear()
        page = await pinterest.poll(http, account, page.cursor)
        cursor = page.cursor
    assert (page.more, page.again_in) == (False, timedelta(minutes=15))
    events, cursor, _ = await sweep(cursor)
    assert sorted(event.thread for event in [*told, *events]) == sorted(pins)
    assert cursor["whole"] is True
    assert "again" not in cursor


async def test_between_two_counts_it_waits_as_set(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    account.settings["poll_minutes"] = 20
    assert (await pinterest.poll(http, account, {})).again_in == timedelta(minutes=20)


async def test_an_allowance_that_is_spent_is_waited_for(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    account.settings["page_size"] = 1
    for title in ("Lamp", "Chair"):
        await network.publish(title)
    network.rate_headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3000"}
    polled = await pinterest.poll(http, account, {})
    assert not polled.more
    assert polled.again_in is not None
    assert polled.again_in > timedelta(minutes=49)
    assert polled.cursor["bookmark"]


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (401, {}, ErrorClass.AUTH_EXPIRED, None),
        (403, {}, ErrorClass.PERMISSION_MISSING, None),
        (404, {}, ErrorClass.PARENT_GONE, None),
        (400, {}, ErrorClass.INVALID, None),
        (429, {}, ErrorClass.RATE_LIMITED, timedelta(minutes=1)),
        (429, {"retry-after": "90"}, ErrorClass.RATE_LIMITED, timedelta(seconds=90)),
        (429, {"x-ratelimit-reset": "45"}, ErrorClass.RATE_LIMITED, timedelta(seconds=45)),
        (429, {"x-ratelimit-reset": str(int(NOW.timestamp()) + 70)}, ErrorClass.RATE_LIMITED, timedelta(seconds=70)),
        (429, {"x-ratelimit-reset": "99999999"}, ErrorClass.RATE_LIMITED, timedelta(days=1)),
        (429, {"retry-after": "soon"}, ErrorClass.RATE_LIMITED, timedelta(minutes=1)),
        (500, {}, ErrorClass.TRANSIENT, None),
        (503, {"retry-after": "30"}, ErrorClass.TRANSIENT, timedelta(seconds=30)),
        (200, {}, ErrorClass.TRANSIENT, None),  # and nobody can read it
    ],
)
async def test_each_status_has_its_class(
    status: int,
    headers: dict[str, str],
    error: ErrorClass,
    wait: timedelta | None,
    network: Network,
    pinterest: Pinterest,
    http: httpx.AsyncClient,
    account: Account,
) -> None:
    body = "<html>" if status == 200 else {"code": 7, "message": "No."}
    network.mischief.statuses = [(status, headers, body)]
    with time_machine.travel(NOW, tick=False), pytest.raises(NotHere) as refusal:
        await pinterest.poll(http, account, {})
    assert refusal.value.error is error
    assert refusal.value.retry_at == (None if wait is None else NOW + wait)
    if status == 429:
        assert "(org_read)" in str(refusal.value)


async def test_nobody_there_is_transient(pinterest: Pinterest, http: httpx.AsyncClient, account: Account) -> None:
    account.settings["api_url"] = "http://127.0.0.1:9/v5"
    with pytest.raises(NotHere) as refusal:
        await pinterest.poll(http, account, {})
    assert refusal.value.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak"])
async def test_a_token_that_cannot_be_one_is_not_sent(
    token: str, network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    account.credentials["access_token"] = token
    with pytest.raises(NotHere) as refusal:
        await pinterest.poll(http, account, {})
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED
    assert network.app.calls == []


async def test_nothing_can_be_sent(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    act = Outgoing(action=Action.REPLY, kind=Kind.COMMENT, correlation="c", text="Hi", target="1:1", created_at=NOW)
    outcome = await pinterest.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert "answer them on Pinterest" in outcome.message
    assert network.app.calls == []
