"""What X takes, and how polling keeps to a budget."""

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, Action, Budget, Kind, Outgoing
from inbox.platforms.x import prices
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import account_of
from tests.platforms.x.conftest import ANA, Sweep, outgoing

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("act", "dollars"),
    [
        (outgoing(Action.REPLY, target="9", text="On its way!"), 0.010),
        (outgoing(Action.REPLY, target="9", text="See nordwind.com/help"), 0.20),
        (outgoing(Action.DM, text="See nordwind.com/help"), 0.015),
        (outgoing(Action.PRIVATE_REPLY, target="9"), 0.015),
        (outgoing(Action.DELETE, target="9", text=""), 0.010),
        (outgoing(Action.HIDE, target="9", text=""), 0.005),
        (outgoing(Action.UNHIDE, target="9", text=""), 0.005),
        (outgoing(Action.LIKE, target="9", text=""), 0.0),
    ],
)
def test_what_an_act_takes(act: Outgoing, dollars: float) -> None:
    assert X().cost(act) == dollars


def test_prices_are_settings() -> None:
    act = outgoing(Action.REPLY, target="9")
    assert prices.of(act, {"price_summoned_reply": 0.5}) == 0.5
    assert prices.of(act, {"replies_need_summons": False}) == 0.015
    assert prices.of(act, {"price_summoned_reply": "dear"}) == 0.010


async def test_what_is_read_is_counted_once_a_day(network: Network, sweep: Sweep) -> None:
    post = await network.publish("New!")
    await network.comment(ANA, post=post, text="Hm")  # also among the mentions: X bills it once
    await network.dm(ANA, text="Hello")
    _, cursor, cost = await sweep({})
    assert cost == pytest.approx(2 * 0.005 + 0.010)
    _, cursor, again = await sweep(cursor)
    assert again == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True):
        assert prices.billed(cursor["billed"], [post], 0.005, datetime.now(UTC))[1] == 0.005


async def test_what_the_owner_of_the_app_reads_of_their_own_is_cheap(
    network: Network, account: Account, sweep: Sweep
) -> None:
    account.settings["owned_reads"] = True
    await network.publish("New!")
    await network.mention(ANA, text="@nordwindcoffee")
    _, _, cost = await sweep({})
    assert cost == pytest.approx(0.002)


async def test_where_the_bill_counts_what_is_expanded_so_do_we(
    network: Network, account: Account, sweep: Sweep
) -> None:
    account.settings["count_expansions"] = True
    await network.mention(ANA, text="@nordwindcoffee")
    _, _, cost = await sweep({})
    assert cost == pytest.approx(0.005 + 0.010)


def budget(limit: float, used: float, *, left: timedelta = timedelta(days=20)) -> Budget:
    return Budget(limit=limit, used=used, reserve=0.2, resets_at=NOW + left)


def paced(spent: float, took: timedelta, of: Budget | None, **settings: float) -> timedelta:
    account = Account(platform="x", external_id="1040", budget=of)
    return prices.pace(account, {"poll_seconds": 120, **settings}, spent, took, NOW)


def test_the_pace() -> None:
    usual, hour = timedelta(seconds=120), timedelta(hours=1)
    assert paced(0.5, hour, None) == usual
    assert paced(0.0, hour, budget(10, 0)) == usual
    assert paced(0.01, hour, budget(100, 0)) == usual, "the budget lasts"
    # 8 dollars for reading at 0.1 an hour last 80 hours, and 480 are left: six times slower.
    assert paced(0.1, hour, budget(10, 0)) == 6 * usual
    assert paced(10.0, hour, budget(10, 0)) == prices.LONGEST
    assert paced(0.1, hour, budget(10, 8)) == prices.LONGEST
    assert paced(0.1, hour, budget(10, 8, left=timedelta(minutes=5))) == timedelta(minutes=5)
    assert paced(0.0, hour, None, poll_seconds=1) == prices.SHORTEST


async def test_a_spent_budget_asks_nothing_more(network: Network, x: X, http: httpx.AsyncClient) -> None:
    spent = msgspec.structs.replace(
        account_of(network),
        budget=Budget(limit=5, used=4, reserve=0.2, resets_at=datetime.now(UTC) + timedelta(days=3)),
    )
    await network.mention(ANA, text="@nordwindcoffee")
    polled = await x.poll(http, spent, {"since": {"mentions": "1"}})
    assert network.app.calls == []
    assert (polled.payloads, polled.more, polled.cost) == ([], False, 0.0)
    assert polled.cursor == {"since": {"mentions": "1"}}
    assert polled.again_in == prices.LONGEST


async def test_a_sweep_says_when_to_come_again(network: Network, x: X, http: httpx.AsyncClient) -> None:
    account = account_of(network)
    polled = await x.poll(http, account, {})
    while polled.more:
        assert polled.again_in is None
        polled = await x.poll(http, account, polled.cursor)
    assert polled.again_in == timedelta(seconds=60)


def test_the_meter_counts_in_dollars_a_month() -> None:
    allowance = X.capabilities.allowance
    assert allowance is not None
    assert (allowance.unit, allowance.period, allowance.setting) == ("USD", "month", "budget_usd")
    assert X.settings["budget_usd"] == 0.0
    assert X.capabilities.actions[Kind.COMMENT]
