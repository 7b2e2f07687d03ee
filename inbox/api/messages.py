"""Messages: writing to customers, and what agents do about a single one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.dependencies import unit_of_work
from inbox.desk import acts, approvals, decisions, mentions, replies, second_thoughts
from inbox.desk.decisions import LONGEST_REASON
from inbox.desk.joining import Office
from inbox.desk.keys import LONGEST_KEY
from inbox.desk.replies import LONGEST_TEXT, Reply
from inbox.desk.wording import Chosen
from inbox.flow.templates import Templates
from inbox.ground.bell import Bell
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.platforms.base import Action
from inbox.realtime.shapes import MessageOut

Items = Annotated[list[UUID], msgspec.Meta(max_length=1000)]
Mentions = Annotated[list[UUID], msgspec.Meta(max_length=mentions.MOST)]
SavedReplies = Annotated[list[UUID], msgspec.Meta(max_length=10)]


class Writing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`seen`: the last message the composer had shown, or the feed number it was up to. `answers`: the items it covers;
    left out: what `reply_to` names and what else was shown of the same author. `anyway`: having seen what a colleague
    answered. `parts`: cut it where it is too long for one post. `and_resolve`: once the platform took it. `template`:
    instead of a text, in private, where the platform has approved messages; they may go out after its time to write.
    `saved_replies`: those the text was made from, which count as used. `mentions`: colleagues whom a note names, each
    as @ and their name in its text. `send_at`: not now but then, 90 days ahead at most; all is checked again then.
    `for_approval`: a colleague reads it first, as is always so for those who may not publish alone."""

    visibility: Literal["public", "private", "note"]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    template: Chosen | None = None
    reply_to: UUID | None = None
    answers: Items | None = None
    seen: UUID | int | None = None
    and_resolve: bool = False
    parts: bool = False
    anyway: bool = False
    saved_replies: SavedReplies = []
    mentions: Mentions = []
    send_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    for_approval: bool = False


class Approval(msgspec.Struct, forbid_unknown_fields=True):
    """`seen`: the last message that was shown to whoever approves, or the feed number their page was up to."""

    seen: UUID | int


class Rejection(msgspec.Struct, forbid_unknown_fields=True):
    """Why, for its author to read."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=approvals.LONGEST_REASON)]


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """Either that it is there on the platform (and where), or that it shall be posted again."""

    it_is_there: bool = False
    post_again: bool = False
    permalink: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class NeedsReply(msgspec.Struct, forbid_unknown_fields=True):
    """A no wants a reason."""

    needs_reply: bool
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""


class Authorship(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a machine wrote what was written elsewhere."""

    automatic: bool


class Coverage(msgspec.Struct, forbid_unknown_fields=True):
    """What else this reply answered."""

    answers: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=1000)]


@post("/conversations/{conversation_id:uuid}/messages", summary="Write")
async def create_message(
    conversation_id: FromPath[UUID],
    data: JSONBody[Writing],
    office: NamedDependency[Office],
    agent: NamedDependency[Agent],
    templates: NamedDependency[Templates],
    idempotency_key: Annotated[
        str, HeaderParameter(name="Idempotency-Key", description=f"Yours, 1 to {LONGEST_KEY} characters.")
    ] = "",
) -> MessageOut:
    """A public reply, a private one, or a note. Queued until its undo window is over; the same key, the same answer.

    409 newer_answer with `newer` where a colleague answered what was not `seen`.
    """
    if data.template is None and not data.text.strip():
        raise Invalid("There is nothing to send.", field="text")
    reply = Reply(**msgspec.structs.asdict(data))
    # The platform is asked for its template before anything is opened here.
    template = await templates.chosen(agent, conversation_id, reply.template, key=idempotency_key)
    async with unit_of_work(office.database, office.bell, agent.workspace_id) as session:
        _hurry(session, office.bell)
        return await replies.send(session, conversation_id, reply, by=agent, key=idempotency_key, template=template)


@delete("/messages/{message_id:uuid}", status_code=200, summary="Undo")
async def delete_message(
    message_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> MessageOut:
    """Take back what has not left. 409 already_left."""
    return await second_thoughts.cancel(session, message_id, by=agent)


@post("/messages/{message_id:uuid}/retry", status_code=200, summary="Try again")
async def retry_message(
    message_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """What failed goes back into the queue."""
    _hurry(session, bell)
    return await second_thoughts.retry(session, message_id, by=agent)


@post("/messages/{message_id:uuid}/decision", status_code=200, summary="Decide about a doubtful send")
async def decide_message(
    message_id: FromPath[UUID],
    data: JSONBody[Decision],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """Where we cannot tell whether it was posted, a person looks and says."""
    if data.it_is_there == data.post_again:
        raise Invalid("Say either that it is there, or that it shall be posted again.")
    if data.it_is_there:
        return await second_thoughts.it_is_there(session, message_id, by=agent, permalink=data.permalink)
    _hurry(session, bell)
    return await second_thoughts.post_again(session, message_id, by=agent)


@post("/messages/{message_id:uuid}/approval", status_code=200, summary="Approve")
async def approve_message(
    message_id: FromPath[UUID],
    data: JSONBody[Approval],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """What a colleague wrote leaves. 409 news_here with `newer` where something came that was not `seen`."""
    _hurry(session, bell)
    return await approvals.approve(session, message_id, seen=data.seen, by=agent)


@post("/messages/{message_id:uuid}/rejection", status_code=200, summary="Send back to its author")
async def reject_message(
    message_id: FromPath[UUID],
    data: JSONBody[Rejection],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> MessageOut:
    """What a colleague wrote does not leave as it is."""
    return await approvals.reject(session, message_id, data.reason, by=agent)


@put("/messages/{message_id:uuid}/hiding", summary="Hide")
async def put_hiding(
    message_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """On the platform, from everybody else. The waiting goes on."""
    _hurry(session, bell)
    return await acts.act(session, message_id, Action.HIDE, by=agent)


@delete("/messages/{message_id:uuid}/hiding", status_code=200, summary="Show again")
async def delete_hiding(
    message_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """What was hidden."""
    _hurry(session, bell)
    return await acts.act(session, message_id, Action.UNHIDE, by=agent)


@put("/messages/{message_id:uuid}/like", summary="Like")
async def put_like(
    message_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """On the platform, as our account. It answers nobody."""
    _hurry(session, bell)
    return await acts.act(session, message_id, Action.LIKE, by=agent)


@delete("/messages/{message_id:uuid}/like", status_code=200, summary="Take a like back")
async def delete_like(
    message_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """On the platform."""
    _hurry(session, bell)
    return await acts.act(session, message_id, Action.UNLIKE, by=agent)


@post("/messages/{message_id:uuid}/removal", status_code=200, summary="Delete on the platform")
async def remove_message(
    message_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> MessageOut:
    """For good, and for everybody. A customer whose words we delete waits on."""
    _hurry(session, bell)
    return await acts.act(session, message_id, Action.DELETE, by=agent)


@put("/messages/{message_id:uuid}/needs-reply", summary="Say whether it needs a reply")
async def put_needs_reply(
    message_id: FromPath[UUID],
    data: JSONBody[NeedsReply],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> MessageOut:
    """The agent's word is final for the text they saw."""
    return await decisions.needs_reply(session, message_id, data.needs_reply, data.reason, by=agent)


@put("/messages/{message_id:uuid}/authorship", summary="Say who wrote it")
async def put_authorship(
    message_id: FromPath[UUID],
    data: JSONBody[Authorship],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> MessageOut:
    """Of what was written elsewhere: a person's answer stops the clock, a machine's does not."""
    return await decisions.authorship(session, message_id, data.automatic, by=agent)


@post("/messages/{message_id:uuid}/coverage", status_code=200, summary="That reply answered it too")
async def create_coverage(
    message_id: FromPath[UUID],
    data: JSONBody[Coverage],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> MessageOut:
    """Those who wrote these were answered when that reply was posted."""
    return await decisions.coverage(session, message_id, data.answers, by=agent)


def _hurry(session: AsyncSession, bell: Bell) -> None:
    """Once it is stored, whoever sends is told to look."""
    session.info.setdefault("after_commit", []).append(lambda: bell.ring("outbox"))


doors = [
    create_message,
    delete_message,
    retry_message,
    decide_message,
    approve_message,
    reject_message,
    put_hiding,
    delete_hiding,
    put_like,
    delete_like,
    remove_message,
    put_needs_reply,
    put_authorship,
    create_coverage,
]
