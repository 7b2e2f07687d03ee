"""Conversations: the lists, one thread, and what agents do to it as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.api.lists import Limit, Page, Place
from inbox.desk import (
    assignment,
    conversations,
    drafts,
    ledger,
    mentions,
    reading,
    snoozes,
    spam,
    tags,
    threads,
    views,
)
from inbox.desk.conversations import HIGHEST_PRIORITY, LONGEST_REASON, Unanswered
from inbox.desk.drafts import DraftOut
from inbox.desk.filters import LONGEST_AGE, MOST_TAGS, URGENT, Filtering
from inbox.desk.joining import Office
from inbox.desk.ledger import EpisodeOut
from inbox.desk.mentions import ColleagueOut
from inbox.desk.replies import LONGEST_TEXT
from inbox.desk.threads import OlderOut, ThreadOut
from inbox.desk.views import ConversationPage
from inbox.flow import refetching
from inbox.flow.courtesies import Courtesies
from inbox.flow.refetching import Refetched
from inbox.flow.road import Road
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Right
from inbox.platforms.base import Kind
from inbox.platforms.registry import platforms
from inbox.realtime.shapes import ConversationOut, ReadOut

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Resolution(msgspec.Struct, forbid_unknown_fields=True):
    """`unanswered`: what became of those who still wait; without it the answer is 409 with who they are.

    no_reply_needed: with a `reason`. answered_elsewhere: `reply` names the message of ours that answered them, or they
    stop waiting now, and `why` says how. close_unanswered: they count as never answered.
    """

    unanswered: Literal["no_reply_needed", "answered_elsewhere", "close_unanswered"] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""
    reply: UUID | None = None
    why: Literal["by_phone", "by_somebody_else"] = "by_phone"


class Assignment(msgspec.Struct, forbid_unknown_fields=True):
    """Null: nobody, no team. What is left out stays, but that somebody who is not of the new team gives it up."""

    assignee_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    team_id: UUID | msgspec.UnsetType | None = msgspec.UNSET


class Snooze(msgspec.Struct, forbid_unknown_fields=True):
    until: Instant


class Priority(msgspec.Struct, forbid_unknown_fields=True):
    """0 none, 1 low, 2 normal, 3 high, 4 urgent."""

    priority: Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_PRIORITY)]


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    """Everything up to `at` was seen."""

    at: Instant


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    visibility: Literal["public", "private", "note"]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
    reply_to: UUID | None = None


@get("/conversations", summary="List conversations")
async def list_conversations(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    view: Annotated[
        str,
        QueryParameter(
            description="mine, unassigned, teams, risk, open, mentioned, approval, scheduled, snoozed, resolved, "
            "problems, held, spam, imported or sent."
        ),
    ] = "open",
    channel: Annotated[UUID | None, QueryParameter(description="Of this channel alone.")] = None,
    team: Annotated[UUID | None, QueryParameter(description="Of this team alone.")] = None,
    kind: Annotated[Kind | None, QueryParameter(description="Of this kind alone; sent: answers of this kind.")] = None,
    post: Annotated[UUID | None, QueryParameter(description="Under this post of ours.")] = None,
    q: Annotated[
        str, QueryParameter(description="Begun by somebody whose name or handle begins so.", max_length=100)
    ] = "",
    platform: Annotated[str, QueryParameter(description="On this platform.", max_length=40)] = "",
    tag: Annotated[list[str] | None, QueryParameter(description="With all of these tags.", max_items=MOST_TAGS)] = None,
    assignee: Annotated[str, QueryParameter(description="me, nobody, or a member's id.", max_length=40)] = "",
    language: Annotated[str, QueryParameter(description="Something in it is in this language.", max_length=20)] = "",
    waiting: Annotated[bool, QueryParameter(description="Somebody waits for an answer.")] = False,
    minutes: Annotated[
        int, QueryParameter(description="Somebody has waited at least so long.", ge=0, le=LONGEST_AGE)
    ] = 0,
    priority: Annotated[int, QueryParameter(description="Of this priority or a higher one.", ge=0, le=URGENT)] = 0,
    text: Annotated[str, QueryParameter(description="With these words in a message.", max_length=200)] = "",
    cursor: Place = None,
    limit: Limit = 50,
) -> ConversationPage:
    """Whoever waits comes first, the longest waiting on top, then what moved last; sent: the last answer first.

    held: where the platform holds something back for review, whatever the status. mentioned: where a note names one
    that has not read it yet. approval: where a reply waits for a colleague to read it first. scheduled: where
    something leaves later.

    What narrows a list must hold all at once. `q` looks at the beginning of names and handles, and finds at most 500
    people.
    """
    asked = Filtering(
        channel=channel,
        team=team,
        kind=kind,
        post=post,
        person=q,
        platform=platform,
        tags=tag or [],
        assignee=assignee,
        language=language,
        waiting=waiting,
        minutes=minutes,
        priority=priority,
        text=text,
    )
    return await views.page(session, agent, view, asked, cursor=cursor, limit=limit)


@get("/conversations/{conversation_id:uuid}", summary="Read a conversation")
async def read_conversation(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ThreadOut:
    """With its newest 50 messages, the lines between them, and who waits."""
    return await threads.read(session, conversation_id, by=agent)


@get("/conversations/{conversation_id:uuid}/messages", summary="Read earlier messages")
async def list_messages(
    conversation_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Place = None,
) -> OlderOut:
    """The 50 before `cursor`, ascending."""
    return await threads.older(session, conversation_id, cursor, by=agent)


@get("/conversations/{conversation_id:uuid}/ledger", summary="Why it counts as it does")
async def read_ledger(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Page[EpisodeOut]:
    """Every waiting here, the newest first, each with the sentences that make its number. At most 100."""
    return Page(await ledger.of(session, conversation_id, by=agent))


@post("/conversations/{conversation_id:uuid}/resolution", status_code=200, summary="Resolve")
async def create_resolution(
    conversation_id: FromPath[UUID],
    data: JSONBody[Resolution],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """409 somebody_waits with `waiting` where somebody does; 409 already_resolved."""
    said = None
    if data.unanswered is not None:
        said = Unanswered(how=data.unanswered, reason=data.reason, reply=data.reply, why=data.why)
    return await conversations.resolve(session, conversation_id, by=agent, unanswered=said)


@delete("/conversations/{conversation_id:uuid}/resolution", status_code=200, summary="Reopen")
async def delete_resolution(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ConversationOut:
    """Back on the queue."""
    return await conversations.reopen(session, conversation_id, by=agent)


@put("/conversations/{conversation_id:uuid}/spam", summary="Mark as spam")
async def put_spam(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ConversationOut:
    """Out of every queue; whatever comes in it later needs no reply. Nothing happens on the platform."""
    return await spam.mark(session, conversation_id, by=agent)


@delete("/conversations/{conversation_id:uuid}/spam", status_code=200, summary="Not spam")
async def delete_spam(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ConversationOut:
    """What only that had silenced is judged anew; whoever waits then is on the queue."""
    return await spam.unmark(session, conversation_id, by=agent)


@put("/conversations/{conversation_id:uuid}/assignment", summary="Assign")
async def put_assignment(
    conversation_id: FromPath[UUID],
    data: JSONBody[Assignment],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """To a team, to a colleague who can answer it, to oneself, or to nobody. What a person decided, nothing undoes."""
    if data.team_id is not msgspec.UNSET:
        given = await assignment.entrust(session, conversation_id, data.team_id, by=agent)
        if data.assignee_id is msgspec.UNSET:
            return given
    if data.assignee_id is msgspec.UNSET:
        raise Invalid("Say to whom: assignee_id, team_id or both.", field="assignee_id")
    return await assignment.assign(session, conversation_id, data.assignee_id, by=agent)


@put("/conversations/{conversation_id:uuid}/snooze", summary="Snooze")
async def put_snooze(
    conversation_id: FromPath[UUID],
    data: JSONBody[Snooze],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """Until a time to come, or until something in it needs a reply. The waiting goes on."""
    return await snoozes.snooze(session, conversation_id, data.until, by=agent)


@delete("/conversations/{conversation_id:uuid}/snooze", status_code=200, summary="Wake")
async def delete_snooze(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ConversationOut:
    """Before its time."""
    return await snoozes.unsnooze(session, conversation_id, by=agent)


@put("/conversations/{conversation_id:uuid}/tags/{name:str}", summary="Tag")
async def put_tag(
    conversation_id: FromPath[UUID],
    name: FromPath[str],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """A tag is written small, with hyphens; a new word is made with its first use."""
    return await tags.put_on(session, conversation_id, name, by=agent)


@delete("/conversations/{conversation_id:uuid}/tags/{name:str}", status_code=200, summary="Untag")
async def delete_tag(
    conversation_id: FromPath[UUID],
    name: FromPath[str],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """The word stays known."""
    return await tags.take_off(session, conversation_id, name, by=agent)


@put("/conversations/{conversation_id:uuid}/priority", summary="Prioritise")
async def put_priority(
    conversation_id: FromPath[UUID],
    data: JSONBody[Priority],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """0 none, 1 low, 2 normal, 3 high, 4 urgent."""
    return await conversations.prioritise(session, conversation_id, data.priority, by=agent)


@put("/conversations/{conversation_id:uuid}/read", summary="Mark as read")
async def put_read(
    conversation_id: FromPath[UUID],
    data: JSONBody[Reading],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    courtesies: NamedDependency[Courtesies],
) -> ReadOut:
    """One's own mark, which no colleague sees. It only moves forward. Notes up to there that name one are read too.

    Where the platform can show it, and the channel wants it, the person who wrote sees that it was read.
    """
    mark = await reading.read(session, conversation_id, data.at, by=agent)
    if (at := mark.at) is not None:
        session.info.setdefault("after_commit", []).append(lambda: courtesies.seen(agent, conversation_id, at))
    return mark


@delete("/conversations/{conversation_id:uuid}/read", status_code=200, summary="Mark as unread")
async def delete_read(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ReadOut:
    """To come back to it."""
    return await reading.unread(session, conversation_id, by=agent)


@post(
    "/conversations/{conversation_id:uuid}/refetch",
    guards=[needs(Right.ANSWER)],
    status_code=200,
    summary="Ask the platform for words that were let go",
)
async def refetch_conversation(
    conversation_id: FromPath[UUID], office: NamedDependency[Office], agent: NamedDependency[Agent]
) -> Refetched:
    """Where the platform's rules let words stay only so long: those it still has come back, and stay as long again."""
    return await refetching.refetch(
        Road(office.database, office.bell, office.safe, office.outbound, platforms()), conversation_id, by=agent
    )


@get("/conversations/{conversation_id:uuid}/colleagues", summary="Who may see it")
async def list_colleagues(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Page[ColleagueOut]:
    """Everybody else, and so whom a note may name."""
    return Page(await mentions.colleagues(session, conversation_id, by=agent))


@get("/conversations/{conversation_id:uuid}/draft", summary="Read the draft")
async def read_draft(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> DraftOut | None:
    """One's own; null where there is none."""
    return await drafts.read(session, conversation_id, by=agent)


@put("/conversations/{conversation_id:uuid}/draft", summary="Keep a draft")
async def put_draft(
    conversation_id: FromPath[UUID],
    data: JSONBody[Draft],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> DraftOut:
    """The last one kept counts; sending drops it."""
    return await drafts.keep(
        session, conversation_id, visibility=data.visibility, text=data.text, reply_to=data.reply_to, by=agent
    )


@delete("/conversations/{conversation_id:uuid}/draft", summary="Drop the draft")
async def delete_draft(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """Gone for good."""
    await drafts.drop(session, conversation_id, by=agent)


doors = [
    list_conversations,
    read_conversation,
    list_messages,
    read_ledger,
    create_resolution,
    delete_resolution,
    put_spam,
    delete_spam,
    put_assignment,
    put_snooze,
    delete_snooze,
    put_tag,
    delete_tag,
    put_priority,
    put_read,
    delete_read,
    refetch_conversation,
    list_colleagues,
    read_draft,
    put_draft,
    delete_draft,
]
