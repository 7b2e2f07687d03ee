"""The present: customers write, ask again, thank, take back; and answer when somebody on our side answered them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from inbox.demo import acting
from inbox.demo.cast import Cast, Character
from inbox.demo.stages import Ask, Stage
from inbox.demo.words import Writer
from inbox.demo.workspace import TIME_ZONE
from inbox.ground import clock
from inbox.platforms.base import Action, Kind
from inbox.platforms.simulation import Heard

log = structlog.get_logger("demo")

ANSWERS = (Action.DM, Action.REPLY, Action.PRIVATE_REPLY)
PRIVATE = (Action.DM, Action.PRIVATE_REPLY)
# How busy each hour of the day is: a rush at noon, a longer one in the evening, never quite nothing.
DAY = (3, 3, 2, 2, 2, 3, 4, 6, 8, 9, 9, 10, 14, 10, 9, 9, 9, 10, 13, 16, 16, 12, 8, 5)
BUSIEST = max(DAY)
OFTEN = {Kind.DM: 40, Kind.COMMENT: 36, Kind.MENTION: 14, Kind.REVIEW: 10}


# What an answer makes of people, by temper: thanks, another question, anger, silence.
MOODS = {"warm": (75, 12, 0, 13), "plain": (50, 20, 5, 25), "cross": (25, 20, 35, 20), "chatty": (45, 45, 0, 10)}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two writings: `first` while somebody new is looking, then `soon`, then `calm` at the busiest.

    `answer`: how long a customer takes to answer us; the first time within `first_answer`. `tide`: as many waiting
    are enough, from then on colleagues answer in the network's own app. `moods`: as `MOODS`.
    """

    first: float = 2.5
    first_for: float = 60.0
    soon: float = 7.0
    soon_for: float = 600.0
    calm: float = field(default_factory=lambda: float(os.environ.get("EARSHOT_DEMO_EVERY") or 20))
    first_answer: tuple[float, float] = (3.0, 6.0)
    answer: tuple[float, float] = (10.0, 60.0)
    tide: int = 65
    moods: Mapping[str, tuple[int, int, int, int]] = field(default_factory=lambda: MOODS)

    def until_next(self, running: float, hour: int, chance: float) -> float:
        """How long to wait after `running` seconds, at this hour of the day; `chance` between 0 and 1."""
        if running < self.first_for:
            usual = self.first
        elif running < self.soon_for:
            usual = self.soon
        else:
            usual = self.calm * BUSIEST / DAY[hour]
        return usual * (0.4 + 1.2 * chance)


class Live:
    """Plays on all stages at once."""

    def __init__(self, stages: list[Stage], cast: Cast, writer: Writer, pace: Pace) -> None:
        self._stages, self._cast, self._writer, self._pace = stages, cast, writer, pace
        self._chance = writer.chance
        self._zone = ZoneInfo(TIME_ZONE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered = 0
        self._since = clock.now()
        self._content: set[tuple[str, str]] = set()  # who has begun nothing since thanking us, by stage
        for stage in stages:
            stage.network.listeners.append(self._listener(stage))

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            while True:
                running, hour = loop.time() - began, clock.now().astimezone(self._zone).hour
                await asyncio.sleep(self._pace.until_next(running, hour, self._chance.random()))
                await self._turn()
        finally:
            for task in self._tasks:
                task.cancel()

    async def _turn(self) -> None:
        stage = self._chance.choices(self._stages, [len(stage.kinds) for stage in self._stages])[0]
        try:
            await self._something(stage)
            if sum(len(one.notes.asks) for one in self._stages) > self._pace.tide:
                await self._colleague()
        except LookupError as error:  # what it was about has been taken away meanwhile
            log.info("nothing came of it", network=stage.name, error=str(error))

    async def _something(self, stage: Stage) -> None:
        stage.network.mischief.duplicate = 2 if self._chance.random() < 0.03 else 1
        now, roll = clock.now(), self._chance.random()
        fresh = [ask for ask in stage.notes.asks if now - ask.at < timedelta(minutes=15)]
        patient = [ask for ask in stage.notes.asks if timedelta(minutes=20) < now - ask.at < timedelta(hours=20)]
        if roll < 0.0004:
            stage.notes.posts.append(await stage.network.publish(self._writer.either(self._writer.common.posts)))
        elif roll < 0.07 and patient:
            await self._nudge(stage, self._chance.choice(patient))
        elif roll < 0.11 and fresh:
            await self._edit(stage, self._chance.choice(fresh))
        elif roll < 0.13 and fresh:
            await self._take_back(stage, self._chance.choice(fresh))
        elif roll < 0.18 and (asked := [ask for ask in fresh if ask.kind is Kind.COMMENT and ask.at > self._since]):
            # Below what was asked before the channel was connected, Earshot sees one question where the cast sees two.
            await self._join_in(stage, self._chance.choice(asked))
        else:
            await self._begin(stage)

    async def _begin(self, stage: Stage) -> None:
        chance, writer = self._chance, self._writer
        kinds = [kind for kind in stage.kinds if kind is not Kind.COMMENT or stage.notes.posts]
        kind = chance.choices(kinds, [OFTEN[kind] for kind in kinds])[0]
        who, positive = self._cast.somebody(chance), chance.random() < 0.7
        topic, roll = writer.topic(private=kind is Kind.DM), chance.random()
        if kind is Kind.REVIEW:
            topic = "good" if positive else "bad"
            text = writer.line(who, topic)
        elif roll < 0.01:
            text = writer.either(writer.common.hostile)
        elif kind is Kind.DM or roll < 0.62:
            text = writer.ask(who, topic, private=kind is Kind.DM)
        else:
            topic = ""
            text = self._chatter(who, roll)
        post = chance.choice(stage.notes.posts[-4:]) if kind is Kind.COMMENT else ""
        self._content.discard((stage.name, who.person.external_id))
        said = await acting.open_thread(stage, kind, who, text, post=post, positive=positive)
        if topic:
            acting.waits(stage, said, kind, who, topic)

    def _chatter(self, who: Character, roll: float) -> str:
        """What needs no answer."""
        if roll < 0.84:
            return self._writer.line(who, "praise")
        if roll < 0.92:
            return self._writer.line(who, "tag")
        return self._writer.either(self._writer.common.emoji if roll < 0.98 else self._writer.common.spam)

    async def _nudge(self, stage: Stage, ask: Ask) -> None:
        if who := self._cast.known(ask.who):
            await acting.go_on(stage, ask.kind, who, self._writer.line(who, "nudge"), below=ask.external_id)

    async def _edit(self, stage: Stage, ask: Ask) -> None:
        if who := self._cast.known(ask.who):
            text = self._writer.other(who, ask.topic, private=ask.kind is Kind.DM)
            await acting.edit(stage, ask.external_id, text)

    async def _take_back(self, stage: Stage, ask: Ask) -> None:
        if await acting.take_back(stage, ask.external_id):
            stage.closes(target=ask.external_id)

    async def _join_in(self, stage: Stage, ask: Ask) -> None:
        """Somebody else has the same question below the same post."""
        who = self._cast.somebody(self._chance)
        topic = self._writer.topic(private=False)
        text = self._writer.ask(who, topic, private=False)
        said = await acting.go_on(stage, Kind.COMMENT, who, text, below=ask.external_id)
        acting.waits(stage, said, Kind.COMMENT, who, topic, below=ask.below or ask.external_id)

    async def _colleague(self) -> None:
        """Somebody of ours answers in the network's own app; neither the newest nor those who wait longest."""
        now = clock.now()
        waiting = sorted(
            ((ask.at, stage.name, ask.external_id, stage, ask) for stage in self._stages for ask in stage.notes.asks),
            key=lambda each: each[:3],
        )[8:]
        for _, _, _, stage, ask in self._chance.sample(waiting, min(len(waiting), 2)):
            who = self._cast.known(ask.who)
            if who is None or now - ask.at < timedelta(minutes=4) or ask.external_id in stage.hands_off:
                continue
            text = self._writer.answer(who, ask.topic)
            if await acting.answer_there(stage, ask.external_id, text):
                stage.closes(target=ask.external_id)

    # When our side answers

    def _listener(self, stage: Stage) -> Any:
        async def listen(heard: Heard) -> None:
            # Whoever waits for the network to settle waits for its listeners: so what comes later is a task of ours.
            if heard.action in ANSWERS:
                asked = stage.closes(target=heard.target, who=heard.recipient if heard.action in PRIVATE else "")
                self._begin_task(self._react(stage, heard, asked))

        return listen

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _react(self, stage: Stage, heard: Heard, asked: Ask | None) -> None:
        who = self._cast.known(asked.who if asked else heard.recipient)
        if who is None:
            return
        first, self._answered = self._answered == 0, self._answered + 1
        if asked is None and (stage.name, who.person.external_id) in self._content:
            return
        what = "thanks" if first else self._mood(who)
        if not what:
            return
        if what == "thanks":
            self._content.add((stage.name, who.person.external_id))
        low, high = self._pace.first_answer if first else self._pace.answer
        await asyncio.sleep(self._chance.uniform(low, high))
        kind = Kind.DM if heard.action in PRIVATE else Kind.COMMENT
        try:
            text = self._writer.line(who, what)
            said = await acting.go_on(stage, kind, who, text, below=heard.external_id)
        except LookupError as error:
            log.info("an answer went nowhere", network=stage.name, error=str(error))
            return
        if what != "thanks":
            acting.waits(stage, said, kind, who, "again", below=heard.target)

    def _mood(self, who: Character) -> str:
        """What an answer makes of them; "" for silence."""
        return self._chance.choices(("thanks", "back", "cross", ""), self._pace.moods[who.temper])[0]
