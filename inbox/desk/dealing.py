"""Who gets what waits: values in, values out.

dealt = deal("round_robin", queue, hands, last)
dealt.gifts     [(conversation, person), ...]
dealt.stuck     why the first of the rest is handed to nobody: nobody, unseen, away, full; "" where all were handed out
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Card:
    """One conversation that waits."""

    conversation: UUID
    channel: UUID


@dataclass(slots=True)
class Hand:
    """One colleague. `load`: waiting conversations they have. `channels` None: they see every channel."""

    person: UUID
    load: int = 0
    capacity: int | None = None
    absent: bool = False
    channels: frozenset[UUID] | None = None

    def sees(self, card: Card) -> bool:
        return self.channels is None or card.channel in self.channels

    @property
    def has_room(self) -> bool:
        return self.capacity is None or self.load < self.capacity


@dataclass(slots=True)
class Dealt:
    """`last`: who was given something last; the round goes on behind them."""

    gifts: list[tuple[UUID, UUID]] = field(default_factory=list)
    last: UUID | None = None
    stuck: str = ""


def deal(how: str, queue: Sequence[Card], hands: Sequence[Hand], last: UUID | None) -> Dealt:
    """Hand out in the order of the queue. What nobody can take stays, and holds up nothing behind it.

    `how`: round_robin, the next in turn who can; least_loaded, whoever has least, the next in turn among equals.
    """
    ring = [Hand(one.person, one.load, one.capacity, one.absent, one.channels) for one in hands]
    ring.sort(key=lambda hand: hand.person)
    dealt = Dealt(last=last)
    for card in queue:
        able = [hand for hand in _from(ring, dealt.last) if hand.sees(card) and not hand.absent and hand.has_room]
        if not able:
            dealt.stuck = dealt.stuck or _why(ring, card)
            continue
        taken = min(able, key=lambda hand: hand.load) if how == "least_loaded" else able[0]
        taken.load += 1
        dealt.last = taken.person
        dealt.gifts.append((card.conversation, taken.person))
    return dealt


def _from(ring: list[Hand], last: UUID | None) -> list[Hand]:
    """Everybody once, beginning behind whoever came last; they may be gone from the ring."""
    start = next((at for at, hand in enumerate(ring) if last is not None and hand.person > last), 0)
    return ring[start:] + ring[:start]


def _why(ring: list[Hand], card: Card) -> str:
    if not ring:
        return "nobody"
    seeing = [hand for hand in ring if hand.sees(card)]
    if not seeing:
        return "unseen"
    return "away" if all(hand.absent for hand in seeing) else "full"
