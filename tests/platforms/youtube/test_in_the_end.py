"""Whatever people, colleagues and YouTube do, and however badly we listen: in the end we hold what stands there."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from inbox.platforms.base import Act, Incoming, Kind, Known
from inbox.platforms.youtube import listing
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, ago


@dataclass
class Held:
    """A comment as the house would have it."""

    text: str
    at: datetime
    hidden: bool
    hidden_at: datetime


class House:
    """Takes events as the product does: each key once, the newest word counts, a deletion is for ever."""

    def __init__(self) -> None:
        self.known: dict[str, Held] = {}
        self.gone: set[str] = set()
        self.keys: set[tuple[Act, str, int | None]] = set()

    def take(self, events: list[Incoming]) -> None:
        for event in events:
            key = (event.act, event.external_id, event.revision)
            if key in self.keys:
                continue
            self.keys.add(key)
            known = self.known.get(event.external_id)
            if event.act is Act.WROTE:
                self.known[event.external_id] = Held(event.text, event.at, event.hidden, event.at)
            elif event.act is Act.DELETED:
                self.gone.add(event.external_id)
            elif known and event.act is Act.EDITED and event.at >= known.at:
                known.text, known.at = event.text, event.at
            elif known and event.act in (Act.HID, Act.UNHID) and event.at >= known.hidden_at:
                known.hidden, known.hidden_at = event.act is Act.HID, event.at

    @property
    def shown(self) -> dict[str, tuple[str, bool]]:
        return {name: (one.text, one.hidden) for name, one in self.known.items() if name not in self.gone}


def standing(network: Network) -> dict[str, tuple[str, bool]]:
    """What YouTube has, in the same words. What stands below a thread that nobody can read, nobody can read either."""
    items = network.memory.items
    return {
        one.id: (one.text, one.status != "published")
        for one in items.values()
        if one.kind == "comment" and one.status != "rejected" and _public(network, one.parent)
    }


def _public(network: Network, top: str) -> bool:
    return not top or network.memory.items[top].status == "published"


@pytest.mark.parametrize("dies", [False, True], ids=["and goes on", "and sometimes dies"])
@pytest.mark.parametrize("page", [100, 7])
@pytest.mark.parametrize("seed", range(2))
async def test_in_the_end_we_hold_what_stands_there(
    network: Network, shop: Connected, video: str, seed: int, page: int, dies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With short pages a few dozen threads already make gaps, overlaps and threads further down than the first page.
    monkeypatch.setattr(listing, "PAGE", page)
    monkeypatch.setattr(listing, "HELD_PAGES", 40)
    dice, house, at = random.Random(seed), House(), ago(days=20)
    tops: list[str] = []
    for turn in range(260):
        at += timedelta(minutes=1)
        here = [item for item in network.memory.items.values() if item.kind == "comment"]
        public = [item for item in here if item.status == "published" and not item.parent]
        match dice.randrange(12):
            case 0 | 1 | 2:
                tops.append(await network.comment(dice.choice([ANA, BOB]), post=video, text=f"thread {turn}", at=at))
                if dice.random() < 0.3:
                    await network.hold(tops[-1], spam=dice.random() < 0.5)
            case 3 | 4 | 5 if public:
                above = dice.choice(public).id
                for number in range(dice.choice([1, 1, 2, 9])):
                    reply = await network.comment(BOB, post=above, text=f"reply {turn} {number}", at=at)
                if dice.random() < 0.2:
                    await network.hold(reply)
            case 6 if public:
                await network.elsewhere(target=dice.choice(public).id, text=f"ours {turn}", at=at)
            case 7 if here:
                await network.edit(dice.choice(here).id, f"edited {turn}", at=at)
            case 8 if here:
                await network.delete(dice.choice(here).id)
            case 9 if public:
                await network.hold(dice.choice(public).id)
            case 10 if waiting := [item for item in here if item.status in ("heldForReview", "likelySpam")]:
                chosen = dice.choice(waiting).id
                await (network.approve(chosen) if dice.random() < 0.7 else network.reject(chosen))
            case 11:
                network.token_age += dice.random() < 0.3
        network.strict_ids = dice.random() < 0.5
        if dice.random() < 0.3:
            kept = dict(shop.cursor)
            house.take(await (shop.polled() if dice.random() < 0.5 else shop.heard()))
            if dies and dice.random() < 0.15:
                shop.cursor = kept  # the page was stored, and then the process died
    for _ in range(4):
        house.take(await shop.polled())
    again = [Known(external_id=name, kind=Kind.COMMENT, at=at) for name in house.shown]
    for place in range(0, len(again), 100):
        polled = await shop.connector.reread(shop.http, shop.account, again[place : place + 100])
        house.take([event for payload in polled.payloads for event in shop.connector.normalise(payload)])
    held, there = house.shown, standing(network)
    held = {
        name: one for name, one in held.items() if name in there or _public(network, network.memory.items[name].parent)
    }
    if dies:
        # What was told and forgotten again may be held back meanwhile: then nobody knows that it was public before.
        assert {name: text for name, (text, _) in held.items()} == {name: text for name, (text, _) in there.items()}
    else:
        assert held == there
