"""The past of one network: ninety days told to it at once, then heard by the product as any network's past is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from inbox.demo import acting
from inbox.demo.cast import Cast, Character
from inbox.demo.stages import Stage
from inbox.demo.words import Writer
from inbox.demo.workspace import TIME_ZONE
from inbox.ground import clock
from inbox.platforms.base import Kind

ZONE = ZoneInfo(TIME_ZONE)
DAYS = 95  # a little longer than the channels are connected
BURST = 23  # days ago: a sale, and everybody asks
THREADS = {True: 13.0, False: 6.0}  # a day, where people can write in private and where they cannot
KINDS = {Kind.DM: 42, Kind.COMMENT: 36, Kind.MENTION: 11, Kind.REVIEW: 11}
HOURS = (10, 6, 4, 3, 3, 5, 10, 22, 40, 55, 60, 66, 84, 66, 56, 54, 56, 64, 78, 92, 88, 66, 40, 20)
WEEK = (1.15, 1.05, 1.0, 1.0, 1.05, 0.8, 0.75)
NEVER = 0.012  # of those who ask are forgotten
# What an answer makes of people, by temper: thanks, another question, anger, silence.
MOODS = {"warm": (65, 10, 0, 25), "plain": (40, 15, 3, 42), "cross": (15, 12, 25, 48), "chatty": (50, 30, 0, 20)}
FEW = 3  # of those that nobody in the past can have answered
BREATH = 120  # things told in one go, then the house gets time for people


@dataclass(slots=True)
class Said:
    """One thing somebody did; `who` None: a colleague of ours, in the network's own app. `on`: about which of them."""

    at: datetime
    verb: str  # opens, goes_on, answers, edits, deletes
    who: Character | None = None
    text: str = ""
    on: int = 0


@dataclass(slots=True)
class Thread:
    """What belongs together, in order. `post`: which of the brand's. `asks`: what is unanswered, with its topic."""

    kind: Kind
    said: list[Said]
    post: int = 0
    positive: bool = True
    asks: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Past:
    """Everything: the brand's posts, oldest first, and the threads, newest first."""

    posts: list[tuple[datetime, str]]
    threads: list[Thread]

    @property
    def size(self) -> int:
        return sum(len(thread.said) for thread in self.threads)


def of(kinds: Sequence[Kind], cast: Cast, *, now: datetime | None = None, size: float = 1.0, seed: int = 7) -> Past:
    """The past up to `now` of a network that has these kinds; the same for the same seed and time."""
    return _Teller(kinds, cast, now or clock.now(), size, seed).tell()


async def begin(stage: Stage, past: Past) -> list[Thread]:
    """Tell the network what the worker is to read for itself; gives what webhooks are to bring.

    Without webhooks that is everything. With them it is the first comment below each post, since only who reads a
    comment is shown the post above it.
    """
    network = stage.network
    if stage.has_posts:
        stage.notes.posts = [await network.publish(text, at=at) for at, text in past.posts]
    read, told = past.threads, list[Thread]()
    if not stage.tells_its_past:
        read, told = [], past.threads
    elif stage.hears_webhooks:
        first = {thread.post: thread for thread in past.threads if thread.kind is Kind.COMMENT}
        read = list(first.values())
        told = [thread for thread in past.threads if first.get(thread.post) is not thread]
    network.mischief.mute = stage.hears_webhooks
    try:
        for thread in read:
            await _write(stage, thread)
    finally:
        network.mischief.mute = False
    return told


async def write(stage: Stage, threads: Sequence[Thread], *, pause: float = 0.7) -> None:
    """Tell the network the rest. It leaves in great batches, with pauses."""
    network, told = stage.network, 0
    network.mischief.batch = 1000
    try:
        for thread in threads:
            await _write(stage, thread)
            told += len(thread.said)
            if told >= BREATH:
                told = 0
                await network.flush()
                await asyncio.sleep(pause)
        await network.flush()
    finally:
        network.mischief.batch = 1


async def _write(stage: Stage, thread: Thread) -> None:
    post = stage.notes.posts[thread.post] if thread.kind is Kind.COMMENT and stage.notes.posts else ""
    if stage.unheard[thread.kind] >= FEW:
        return
    ids: list[str] = []
    for said in thread.said if thread.kind in stage.answerable else thread.said[:1]:
        about = "" if said.verb == "opens" else ids[said.on]
        match said.verb:
            case "opens":
                assert said.who is not None
                made = await acting.open_thread(
                    stage, thread.kind, said.who, said.text, post=post, positive=thread.positive, at=said.at
                )
            case "goes_on":
                assert said.who is not None
                made = await acting.go_on(stage, thread.kind, said.who, said.text, below=about, at=said.at)
            case "answers":
                made = await acting.answer_there(stage, about, said.text, at=said.at) or about
            case "edits":
                made = about
                await acting.edit(stage, about, said.text, at=said.at)
            case "deletes":
                made = about
                await acting.take_back(stage, about, at=said.at)
            case other:
                raise ValueError(other)
        ids.append(made)
    stage.unheard[thread.kind] += thread.kind in stage.answerable and not stage.network.tells_of_answers(ids[0])
    for place, topic in thread.asks:
        if place < len(ids) and (who := thread.said[place].who):
            acting.waits(
                stage, ids[place], thread.kind, who, topic, thread.said[place].at, below=ids[0] if place else ""
            )


class _Teller:
    """Makes a past up. No clock and no network in here."""

    def __init__(self, kinds: Sequence[Kind], cast: Cast, now: datetime, size: float, seed: int) -> None:
        self.kinds, self.cast, self.now, self.size = list(kinds), cast, now, size
        self.chance = Random(f"{seed}:{len(kinds)}")
        self.writer = Writer(self.chance)

    def tell(self) -> Past:
        posts = self._posts()
        threads = []
        for ago in range(DAYS, -1, -1):
            for at in self._moments(ago):
                kind = self.chance.choices(self.kinds, [KINDS[kind] for kind in self.kinds])[0]
                threads.append(self._thread(kind, at, posts))
        merged = self._merged(threads)
        merged.sort(key=lambda thread: thread.said[-1].at, reverse=True)
        return Past(posts, merged)

    # When

    def _moments(self, ago: int) -> list[datetime]:
        """When something begins on that day."""
        day = (self.now - timedelta(days=ago)).astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        usual = THREADS[Kind.DM in self.kinds] * self.size * WEEK[day.weekday()] * (1.25 - 0.5 * ago / DAYS)
        usual *= {BURST: 4.0, BURST - 1: 2.2}.get(ago, 1.6 if ago == 0 else 1.0)
        if ago > 89:
            usual *= 0.15
        count = int(usual) + (self.chance.random() < usual % 1)
        found = []
        for hour in self.chance.choices(range(24), HOURS, k=count):
            at = day + timedelta(hours=hour, seconds=self.chance.uniform(0, 3600))
            if at < self.now - timedelta(seconds=30):
                found.append(at.astimezone(self.now.tzinfo))
        if ago == 0:  # whoever opens the demo at night is to see a day, too
            lately = int(THREADS[Kind.DM in self.kinds] * self.size * 1.5)
            found += [self.now - timedelta(minutes=self.chance.uniform(1, 260)) for _ in range(lately)]
        return sorted(found)

    def _answered_at(self, asked: datetime) -> datetime | None:
        """When our side answered: soon within hours, the next morning else, and better from week to week."""
        ago = (self.now - asked).days
        if self.chance.random() < (NEVER if ago not in (BURST, BURST - 1) else NEVER * 4):
            return None
        if ago > 89:
            return None if self.chance.random() < 0.7 else asked + timedelta(hours=3)
        slow = 1.0 + 1.1 * ago / DAYS + (2.5 if ago in (BURST, BURST - 1) else 0)
        taken = timedelta(minutes=min(self.chance.lognormvariate(3.5, 1.1) * slow, 60 * 30))
        start = _next_open(asked)
        at = start + max(taken, timedelta(minutes=2))  # after any second thought of theirs
        if not _is_open(at):
            at = _next_open(at) + timedelta(minutes=self.chance.uniform(2, 90))
        return at if at < self.now and (ago > 0 or self.chance.random() < 0.55) else None

    # What

    def _posts(self) -> list[tuple[datetime, str]]:
        texts = self.writer.common.posts
        every = timedelta(days=2)
        count = (DAYS + 3) // 2
        first = self.now - count * every
        return [
            (first + number * every + timedelta(minutes=self.chance.uniform(-200, 200)), texts[number % len(texts)])
            for number in range(count)
        ]

    def _thread(self, kind: Kind, at: datetime, posts: list[tuple[datetime, str]]) -> Thread:
        who = self.cast.somebody(self.chance)
        thread = Thread(kind, [], positive=self.chance.random() < 0.72)
        if kind is Kind.COMMENT:
            open_posts = [number for number, (when, _) in enumerate(posts) if when < at]
            thread.post = self.chance.choice(open_posts[-3:]) if open_posts else 0
        topic, text = self._opening(kind, who, thread)
        thread.said.append(Said(at, "opens", who, text))
        roll = self.chance.random()
        if topic and roll < 0.02:
            thread.said.append(Said(at + timedelta(seconds=self.chance.uniform(20, 110)), "edits", who, text + " *", 0))
        elif topic and roll < 0.028:
            thread.said.append(Said(at + timedelta(minutes=self.chance.uniform(1, 30)), "deletes", who, "", 0))
            return self._up_to_now(thread)
        if topic:
            self._talk(thread, who, topic)
        elif self.chance.random() < 0.25 and (answered := self._answered_at(at)):
            thread.said.append(Said(answered, "answers", None, self.writer.answer(who, "praise"), 0))
        return self._up_to_now(thread)

    def _opening(self, kind: Kind, who: Character, thread: Thread) -> tuple[str, str]:
        chance, writer = self.chance, self.writer
        if kind is Kind.REVIEW:
            topic = "good" if thread.positive else "bad"
            return topic, writer.line(who, topic)
        roll = chance.random()
        if roll < 0.004:
            return "product", writer.either(writer.common.hostile)
        if kind is Kind.DM or roll < 0.56:
            topic = writer.topic(private=kind is Kind.DM)
            return topic, writer.ask(who, topic, private=kind is Kind.DM)
        if roll < 0.8:
            return "", writer.line(who, "praise")
        if roll < 0.9:
            return "", writer.line(who, "tag")
        return "", writer.either(writer.common.emoji if roll < 0.97 else writer.common.spam)

    def _talk(self, thread: Thread, who: Character, topic: str) -> None:
        """An ask, perhaps asked again; an answer; and what comes of it."""
        asked = 0
        for last in (False, False, True):
            at = thread.said[asked].at
            answered = self._answered_at(at)
            patience = timedelta(hours=self.chance.uniform(16, 30))
            nudged = at + patience
            if (answered is None or answered > nudged) and nudged < self.now and self.chance.random() < 0.35:
                thread.said.append(Said(nudged, "goes_on", who, self.writer.line(who, "nudge"), asked))
                if answered:
                    answered = max(answered, nudged + timedelta(minutes=3))
            if answered is None or answered >= self.now:
                thread.asks.append((asked, topic))
                return
            thread.said.append(Said(answered, "answers", None, self.writer.answer(who, topic), asked))
            answer = len(thread.said) - 1
            what = self._mood(who) if thread.kind is not Kind.REVIEW else ""
            if not what or (last and what != "thanks"):
                return
            later = answered + timedelta(minutes=min(self.chance.lognormvariate(2.6, 1.2), 2000))
            if later >= self.now:
                return
            thread.said.append(Said(later, "goes_on", who, self.writer.line(who, what), answer))
            if what == "thanks":
                return
            asked, topic = len(thread.said) - 1, "again"

    def _mood(self, who: Character) -> str:
        return self.chance.choices(("thanks", "back", "cross", ""), MOODS[who.temper])[0]

    def _up_to_now(self, thread: Thread) -> Thread:
        """Nobody has done yet what is still to come. Sayings stand in order, so what goes is the end."""
        kept = [said for said in thread.said if said.at < self.now]
        assert kept == thread.said[: len(kept)]
        thread.said = kept
        return thread

    def _merged(self, threads: list[Thread]) -> list[Thread]:
        """A private conversation goes on for ever: all that one person wrote is one thread."""
        talks: dict[str, list[Thread]] = {}
        others = []
        for thread in threads:
            if thread.kind is Kind.DM and thread.said[0].who:
                talks.setdefault(thread.said[0].who.person.external_id, []).append(thread)
            else:
                others.append(thread)
        return others + [self._joined(parts) for parts in talks.values()]

    def _joined(self, parts: list[Thread]) -> Thread:
        lines = sorted(
            ((said.at, part, place) for part, thread in enumerate(parts) for place, said in enumerate(thread.said)),
            key=lambda line: (line[0], line[1], line[2]),
        )
        new = {(part, place): number for number, (_, part, place) in enumerate(lines)}
        whole = Thread(Kind.DM, [])
        last_answer = max((at for at, part, place in lines if parts[part].said[place].verb == "answers"), default=None)
        for _, part, place in lines:
            said = parts[part].said[place]
            said.on = new[part, said.on]
            whole.said.append(said)
        for part, thread in enumerate(parts):
            for place, topic in thread.asks:
                # In private an answer answers everything above it.
                if last_answer is None or thread.said[place].at > last_answer:
                    whole.asks.append((new[part, place], topic))
        return whole


def _is_open(at: datetime) -> bool:
    local = at.astimezone(ZONE)
    first, last = {5: (9, 17), 6: (11, 15)}.get(local.weekday(), (8, 20))
    return first <= local.hour < last


def _next_open(at: datetime) -> datetime:
    """This moment if somebody is there, else the next opening."""
    while not _is_open(at):
        local = at.astimezone(ZONE)
        at = (local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)).astimezone(at.tzinfo)
    return at
