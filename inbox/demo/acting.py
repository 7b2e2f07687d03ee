"""What the cast can do on a stage, in one place for the past and for the present."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from inbox.demo.cast import Character
from inbox.demo.stages import Ask, Stage
from inbox.ground import clock
from inbox.platforms.base import Kind


async def open_thread(
    stage: Stage,
    kind: Kind,
    who: Character,
    text: str,
    *,
    post: str = "",
    positive: bool = True,
    at: datetime | None = None,
) -> str:
    """Somebody begins something. Gives its external id."""
    network = stage.network
    match kind:
        case Kind.DM:
            return await network.dm(who.person, text=text, at=at)
        case Kind.COMMENT:
            return await network.comment(who.person, post=post, text=text[: stage.longest], at=at)
        case Kind.MENTION:
            return await network.mention(who.person, text=text[: stage.longest], at=at)
        case Kind.REVIEW:
            return await network.review(who.person, text=text, positive=positive, at=at)


async def go_on(stage: Stage, kind: Kind, who: Character, text: str, *, below: str, at: datetime | None = None) -> str:
    """Somebody goes on in a thread. `below`: what was said last there."""
    if kind is Kind.DM:
        return await stage.network.dm(who.person, text=text, at=at)
    return await stage.network.comment(who.person, post=below, parent=below, text=text[: stage.longest], at=at)


async def edit(stage: Stage, external_id: str, text: str, *, at: datetime | None = None) -> bool:
    """Somebody changes what they wrote, where the network lets them; gives whether it did."""
    with suppress(NotImplementedError):
        await stage.network.edit(external_id, text[: stage.longest], at=at)
        return True
    return False


async def take_back(stage: Stage, external_id: str, *, at: datetime | None = None) -> bool:
    """Somebody takes away what they wrote, where the network lets them; gives whether it did."""
    with suppress(NotImplementedError):
        await stage.network.delete(external_id, at=at)
        return True
    return False


async def answer_there(stage: Stage, target: str, text: str, *, at: datetime | None = None) -> str:
    """A colleague answers in the network's own app; "" where there is none, or nobody can."""
    if not stage.network.tells_of_answers(target):
        return ""
    with suppress(NotImplementedError):
        return await stage.network.elsewhere(target=target, text=text[: stage.longest], at=at)
    return ""


def waits(
    stage: Stage,
    external_id: str,
    kind: Kind,
    who: Character,
    topic: str,
    at: datetime | None = None,
    *,
    below: str = "",
) -> None:
    """Note that somebody is to be answered, where that is possible at all."""
    if kind not in stage.answerable:
        return
    stage.notes.asks.append(Ask(external_id, who.person.external_id, kind, topic, at or clock.now(), below))
