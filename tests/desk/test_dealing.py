"""Handing out, as sums: whoever has room and is there gets their share, and nobody else anything."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID

import pytest

from inbox.desk.dealing import Card, Hand, deal

CHANNELS = [UUID(int=number) for number in (7, 8)]
WAYS = ["round_robin", "least_loaded"]


def cards(count: int, chance: random.Random | None = None) -> list[Card]:
    return [Card(UUID(int=1000 + n), chance.choice(CHANNELS) if chance else CHANNELS[0]) for n in range(count)]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("people", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", range(5))
def test_all_present_get_the_same_however_it_is_cut_into_batches(how: str, people: int, seed: int) -> None:
    chance, last, got = random.Random(seed), None, Counter[UUID]()
    queue = cards(4 * people)
    while queue:
        cut = chance.randint(1, len(queue))
        hands = [Hand(UUID(int=n), load=got[UUID(int=n)]) for n in range(people)]
        chance.shuffle(hands)
        dealt = deal(how, queue[:cut], hands, last)
        got.update(person for _, person in dealt.gifts)
        last, queue = dealt.last, queue[cut:]
    assert set(got.values()) == {4}
    assert len(got) == people


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("seed", range(40))
def test_nobody_gets_more_than_fits_nor_what_they_do_not_see_nor_anything_while_away(how: str, seed: int) -> None:
    chance = random.Random(seed)
    hands = [
        Hand(
            UUID(int=n),
            chance.randrange(4),
            chance.choice([None, 0, 2, 5]),
            chance.random() < 0.3,
            chance.choice([None, frozenset(CHANNELS[:1]), frozenset()]),
        )
        for n in range(chance.randrange(6))
    ]
    before = {hand.person: hand.load for hand in hands}
    queue = cards(chance.randrange(20), chance)
    dealt = deal(how, queue, hands, chance.choice([None, UUID(int=2), UUID(int=99)]))
    assert {hand.person: hand.load for hand in hands} == before  # values in, values out
    known, channel = {hand.person: hand for hand in hands}, {card.conversation: card.channel for card in queue}
    got = Counter(person for _, person in dealt.gifts)
    for conversation, person in dealt.gifts:
        hand = known[person]
        assert not hand.absent
        assert hand.channels is None or channel[conversation] in hand.channels
    for person, number in got.items():
        capacity = known[person].capacity
        assert capacity is None or before[person] + number <= capacity
    given = [conversation for conversation, _ in dealt.gifts]
    assert len(given) == len(set(given))
    left = [card for card in queue if card.conversation not in given]
    assert bool(left) == bool(dealt.stuck)
    # Whatever is left, nobody who sees it and is there has room for it.
    for card in left:
        for hand in hands:
            able = not hand.absent and (hand.channels is None or card.channel in hand.channels)
            assert not able or (hand.capacity is not None and before[hand.person] + got[hand.person] >= hand.capacity)


def test_it_says_why_something_is_handed_to_nobody() -> None:
    (card,) = cards(1)
    here, gone = Hand(UUID(int=1), 2, 2), Hand(UUID(int=2), absent=True)
    blind = Hand(UUID(int=3), channels=frozenset())
    assert deal("round_robin", [card], [], None).stuck == "nobody"
    assert deal("round_robin", [card], [blind], None).stuck == "unseen"
    assert deal("round_robin", [card], [gone, blind], None).stuck == "away"
    assert deal("round_robin", [card], [here, gone, blind], None).stuck == "full"
    assert deal("round_robin", [], [here], None).stuck == ""


def test_whoever_has_least_comes_first_and_the_round_goes_on_where_it_stood() -> None:
    one, two, three = (UUID(int=n) for n in (1, 2, 3))
    least = deal("least_loaded", cards(3), [Hand(one, 3), Hand(two, 1), Hand(three, 2)], None)
    assert [person for _, person in least.gifts] == [two, three, two]
    around = deal("round_robin", cards(3), [Hand(one, 3), Hand(two, 1), Hand(three, 2)], two)
    assert [person for _, person in around.gifts] == [three, one, two]
