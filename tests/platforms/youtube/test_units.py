"""The day's units: counted, kept for replies, spread over the day, and filled up at midnight in California."""

from datetime import UTC, datetime, timedelta

import pytest

from inbox.platforms.base import Action, Author, Budget, ErrorClass, NotHere
from inbox.platforms.youtube import quota
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, ago, outgoing, written

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-11-23T12:00:00", "2026-11-24T08:00:00", id="in winter"),
        pytest.param("2026-07-01T12:00:00", "2026-07-02T07:00:00", id="in summer"),
        pytest.param("2026-11-24T07:59:59", "2026-11-24T08:00:00", id="a second before"),
        pytest.param("2026-11-24T08:00:00", "2026-11-25T08:00:00", id="on the stroke"),
        pytest.param("2026-03-08T08:30:00", "2026-03-09T07:00:00", id="the day of 23 hours"),
        pytest.param("2026-11-01T07:30:00", "2026-11-02T08:00:00", id="the day of 25 hours"),
        pytest.param("2026-12-31T23:00:00", "2027-01-01T08:00:00", id="into the new year"),
    ],
)
def test_midnight_in_california(now: str, expected: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert quota.next_midnight(at) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def budget(limit: float, used: float, now: datetime, hours: float) -> Budget:
    return Budget(limit=limit, used=used, reserve=0.5, resets_at=now + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("used", "hours", "took", "expected"),
    [
        pytest.param(0, 24, 1, MINUTE, id="plenty is left"),
        pytest.param(0, 24, 10, timedelta(hours=24) / 500, id="a dear round is paid for by a longer rest"),
        pytest.param(4900, 10, 2, timedelta(hours=10) / 50, id="little is left for a long time"),
        pytest.param(4900, 1 / 3600, 1, timedelta(seconds=1), id="never longer than until midnight"),
        pytest.param(5000, 3, 1, timedelta(hours=3), id="only what is kept for replies is left"),
        pytest.param(9999, 3, 1, timedelta(hours=3), id="nothing is left"),
        pytest.param(9999, -1, 1, MINUTE, id="a new day has begun"),
    ],
)
def test_how_long_to_rest(used: float, hours: float, took: float, expected: timedelta) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert quota.pause(budget(10_000, used, now, hours), took, MINUTE, now) == expected


def test_without_a_limit_the_usual_rest_is_enough() -> None:
    assert quota.pause(None, 25, MINUTE, datetime(2026, 11, 23, tzinfo=UTC)) == MINUTE


def test_what_acts_cost(shop: Connected) -> None:
    cost = shop.connector.cost
    assert cost(outgoing(target="Ugx1")) == 50
    assert cost(outgoing(Action.HIDE, target="Ugx1")) == 50
    assert cost(outgoing(Action.DELETE, target="Ugx1", target_author=Author(external_id="UCana"))) == 50
    assert cost(outgoing(Action.DELETE, target="Ugx1")) == 51


async def test_the_poll_counts_what_youtube_counts(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    for number in range(12):
        await network.comment(BOB, post=video, parent=first, text=f"reply {number}", at=ago(minutes=number))
    await shop.polled()
    await shop.polled()
    assert shop.cost == network.used > 0


async def test_a_quiet_round_takes_one_unit_and_rests_a_minute(network: Network, shop: Connected, video: str) -> None:
    await network.comment(ANA, post=video, text="Hello", at=ago(hours=1))
    shop.set(poll_seconds=60.0, held_seconds=300.0, watch_seconds=3600.0)
    await shop.polled()
    before = shop.cost
    await shop.polled()
    assert shop.cost - before == 1
    assert shop.last.again_in == MINUTE


async def test_fewer_units_make_slower_rounds(network: Network, shop: Connected) -> None:
    shop.set(poll_seconds=60.0, held_seconds=300.0)
    shop.with_budget(10_000, 4_900, timedelta(hours=10))
    await shop.polled()  # three units: the published and both lists of the held
    assert shop.last.again_in
    assert abs(shop.last.again_in - timedelta(hours=10) * 3 / 100) < timedelta(seconds=5)


async def test_what_is_kept_for_replies_is_not_read_away(network: Network, shop: Connected, video: str) -> None:
    await network.comment(ANA, post=video, text="Hello")
    shop.with_budget(10_000, 5_000, timedelta(hours=3))
    assert await shop.polled() == []
    assert network.used == 0
    assert shop.last.again_in
    assert timedelta(hours=2, minutes=59) < shop.last.again_in <= timedelta(hours=3)


async def test_the_past_waits_while_units_are_short_and_what_is_new_does_not(
    network: Network, shop: Connected, video: str
) -> None:
    for number in range(350):
        await network.comment(BOB, post=video, text=f"past {number}", at=ago(days=60, minutes=-number))
    shop.with_budget(10_000, 4_000, timedelta(hours=3))
    assert len(written(await shop.polled())) == 100
    await network.comment(ANA, post=video, text="new")
    assert written(await shop.polled()) == ["new"]
    shop.with_budget(10_000, 0, timedelta(hours=24))
    assert len(written(await shop.polled())) == 250
    assert not shop.last.more


async def test_a_used_up_day_is_said_with_the_time_it_ends(network: Network, shop: Connected, video: str) -> None:
    network.units = 2
    await shop.page()
    await shop.page()
    with pytest.raises(NotHere) as refusal:
        await shop.page()
    assert refusal.value.error is ErrorClass.QUOTA_EXHAUSTED
    assert refusal.value.retry_at == quota.next_midnight(datetime.now(UTC))
    assert "midnight in California" in str(refusal.value)
