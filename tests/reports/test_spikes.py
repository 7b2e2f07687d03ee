"""More than usual: counts in, a verdict out; and which hours stand beside each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from inbox.reports.spikes import FLOOR, State, hours, judge

USUAL = [6, 15, 9, 11, 8, 12, 7, 10]


@pytest.mark.parametrize(
    ("n", "before", "state"),
    [
        pytest.param(38, USUAL, "spike", id="far above every week before"),
        pytest.param(15, USUAL, "usual", id="as many as there have been"),
        pytest.param(19, USUAL, "usual", id="a little more than ever is chance"),
        pytest.param(0, USUAL, "few", id="nothing at all"),
        pytest.param(4, [0] * 8, "few", id="four are no spike, even where nobody ever writes"),
        pytest.param(5, [0] * 8, "usual", id="five where nobody ever writes may be chance"),
        pytest.param(9, [0] * 8, "spike", id="nine where nobody ever writes"),
        pytest.param(9, [0, 0, 0, 0, 0, 0, 0, 30], "usual", id="where there was once a storm nine are none"),
        pytest.param(60, [2, 40, 5, 31, 1, 55, 3, 22], "usual", id="an hour that is always wild"),
        pytest.param(130, [100] * 8, "usual", id="a third more of many"),
        pytest.param(160, [100] * 8, "spike", id="half more and a little of many"),
        pytest.param(38, [6, 15, 9], "young", id="three weeks are too few to say anything"),
        pytest.param(38, [6, 15, 9, 11], "spike", id="four weeks are enough"),
        pytest.param(500, [], "young", id="no week before"),
    ],
)
def test_a_spike_is_said_only_where_chance_is_no_answer(n: int, before: list[int], state: State) -> None:
    found = judge(n, before)
    assert found.state == state
    assert (found.n, found.weeks) == (n, len(before))
    assert (found.low, found.high) == ((min(before), max(before)) if before else (None, None))
    assert (found.steps is None) == (state == "young")


def test_a_quiet_week_is_not_called_a_storm() -> None:
    """Of hours in which nothing is the matter hardly one in a thousand is taken for a spike, whatever their size."""
    chance = np.random.default_rng(1)
    for mean in (0.5, 3.0, 12.0, 80.0):
        drawn = chance.poisson(mean, (4000, 9))
        said = sum(judge(int(row[0]), [int(one) for one in row[1:]]).state == "spike" for row in drawn)
        assert said <= 8, mean


def test_three_times_as_many_as_ever_is_always_said() -> None:
    for high in range(FLOOR, 200):
        assert judge(3 * high + 5, [high, high // 2, high // 3, high // 2, high]).state == "spike"


def test_each_week_the_same_hour_by_the_clock_on_the_wall() -> None:
    now = datetime(2026, 11, 5, 13, 20, tzinfo=UTC)  # two weeks after the clocks of Madrid went back
    found = hours(now, "Europe/Madrid")
    assert found[0] == (now - timedelta(hours=1), now)
    assert [end.hour for _, end in found] == [13, 13, *[12] * 7], "14:20 there, whatever it is in UTC"
    assert all(end - start == timedelta(hours=1) for start, end in found)
