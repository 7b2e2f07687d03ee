"""Another brand that sells lamps too: its posts and its public answers, on the networks that show them to anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import structlog

from inbox.demo.cast import Cast
from inbox.demo.stages import Stage
from inbox.demo.words import Writer
from inbox.demo.workspace import Demo
from inbox.desk import competitors
from inbox.flow import outsiders
from inbox.flow.road import Road
from inbox.ground import clock
from inbox.ground.errors import EarshotError
from inbox.platforms.others import ReadsOthers
from inbox.platforms.simulation import Person

log = structlog.get_logger("rival")

NAME = "Rival Ltd"
RIVAL = Person("9000000001", NAME, "rival_ltd")
POSTS, DAYS = 12, 27
ASKED = (2, 7)  # comments below each post
ANSWERED = 0.7  # of them, a few hours later
HOURS = (0.2, 22.0)


async def move_in(road: Road, demo: Demo, opened: Sequence[Stage], cast: Cast) -> None:
    """Tell its past where that can be read, and have the workspace watch it."""
    there = [stage for stage in opened if isinstance(road.platforms[stage.name], ReadsOthers)]
    if not there:
        return
    for stage in there:
        await _past(stage, cast)
    async with road.database.session(demo.workspace_id) as session:
        rival = await competitors.name(session, NAME, by=demo.admin)
    for stage in there:
        try:
            await outsiders.add(road, rival.id, stage.name, stage.network.known_as(RIVAL), by=demo.admin)
        except EarshotError as refusal:
            log.warning("the rival cannot be watched", network=stage.name, reason=refusal.message)


async def _past(stage: Stage, cast: Cast) -> None:
    chance, now = Random(stage.name), clock.now()
    writer = Writer(chance)
    for place in range(POSTS):
        posted = now - timedelta(days=DAYS * (POSTS - place) / POSTS)
        post = await stage.network.publish_as(RIVAL, writer.either(writer.common.posts), at=posted)
        for _ in range(chance.randint(*ASKED)):
            asked = posted + timedelta(hours=chance.uniform(0.1, 40.0))
            if asked >= now:
                continue
            who, topic = cast.somebody(chance), writer.topic(private=False)
            text = writer.ask(who, topic, private=False)
            said = await stage.network.comment(who.person, post=post, text=text, at=asked)
            answered = asked + timedelta(hours=chance.uniform(*HOURS))
            if chance.random() < ANSWERED and answered < now:
                text = writer.answer(who, topic)
                await stage.network.comment(RIVAL, post=post, parent=said, text=text, at=answered)
