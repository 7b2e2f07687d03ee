"""What of the "no" pile is drawn: by lot, the same for everybody, 2 % and at least 30, and of every kind alike."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import numpy as np
import pytest

from inbox.desk.samples import LEAST, Pile, drawn, lots, monday, size

WEEK = date(2026, 11, 16)


def ids_of(chance: np.random.Generator, n: int) -> bytes:
    return chance.bytes(16 * n)


def shuffled(chance: np.random.Generator, ids: bytes) -> bytes:
    order = chance.permutation(len(ids) // 16)
    return np.frombuffer(ids, "V16")[order].tobytes()


@pytest.mark.parametrize(
    ("n", "taken"),
    [(0, 0), (1, 1), (29, 29), (30, 30), (31, 30), (1500, 30), (1501, 31), (10_000, 200), (100_001, 2001)],
)
def test_two_in_a_hundred_of_a_large_week_thirty_of_a_small_one_and_all_where_there_are_fewer(n: int, taken: int):
    assert size(n) == taken
    chance = np.random.default_rng(n)
    found = drawn(Pile(WEEK, ids_of(chance, n)), is_over=True)
    assert (found.pile, len(found.ids), len(set(found.ids))) == (n, taken, taken)


def test_the_sample_is_the_same_for_everybody_whatever_order_the_pile_is_read_in():
    chance = np.random.default_rng(1)
    ids = ids_of(chance, 3000)
    once = drawn(Pile(WEEK, ids), is_over=True)
    assert all(drawn(Pile(WEEK, shuffled(chance, ids)), is_over=True) == once for _ in range(5))
    assert {one.bytes for one in once.ids} <= {ids[place : place + 16] for place in range(0, len(ids), 16)}


def test_lots_are_what_they_always_were():
    """Another hash would draw other samples, and what was checked of the old ones would count no more."""
    ids = UUID("019ab000-0000-7000-8000-000000000001").bytes + UUID("019ab000-0000-7000-8000-000000000002").bytes
    assert lots(ids).tolist() == [1441179702755527150, 1722145768854573390]


def test_ids_that_follow_each_other_have_lots_that_do_not():
    """Names are made in the order of time: what came first on a Monday must not be drawn more often for it."""
    start = UUID("019ab000-0000-7000-8000-000000000000").int
    thrown = lots(b"".join((start + (step << 64)).to_bytes(16, "big") for step in range(20_000)))
    counted = np.histogram(thrown.astype(float), bins=20, range=(0, 2.0**64))[0]
    assert np.abs(counted - 1000).max() < 5 * np.sqrt(1000)
    low = np.flatnonzero(thrown < np.uint64(2**64 // 50))
    assert abs(low.mean() - 10_000) < 5 * 20_000 / np.sqrt(12 * len(low))


def test_a_week_that_runs_hands_out_what_is_all_but_sure_to_stay():
    chance = np.random.default_rng(2)
    ids = ids_of(chance, 3000)
    whole = drawn(Pile(WEEK, ids), is_over=True)
    sizes = []
    for day in range(1, 8):
        so_far = drawn(Pile(WEEK, ids[: 16 * (3000 * day // 7)]), is_over=False, before=3000)
        sizes.append(len(so_far.ids))
        assert len(set(so_far.ids) - set(whole.ids)) <= 6, "few are checked in vain"
    assert sizes == sorted(sizes)
    assert 4 <= sizes[0] <= 16, "a seventh of 60, more or less: not the first sixty that come"
    assert set(drawn(Pile(WEEK, ids), is_over=False, before=3000).ids) <= set(whole.ids)


def test_a_week_far_larger_than_the_one_before_draws_no_more_than_its_share():
    ids = ids_of(np.random.default_rng(3), 20_000)
    assert len(drawn(Pile(WEEK, ids), is_over=False, before=40).ids) == size(20_000)


def test_the_first_week_there_is_hands_out_at_once():
    ids = ids_of(np.random.default_rng(4), 12)
    assert len(drawn(Pile(WEEK, ids), is_over=False).ids) == 12


def test_a_week_far_smaller_than_the_one_before_is_filled_up_when_it_is_over():
    ids = ids_of(np.random.default_rng(5), 200)
    assert len(drawn(Pile(WEEK, ids), is_over=False, before=20_000).ids) < LEAST
    assert len(drawn(Pile(WEEK, ids), is_over=True).ids) == LEAST


def test_weeks_begin_on_mondays():
    assert {monday(date(2026, 11, day)) for day in range(16, 23)} == {WEEK}
