"""What a rule can do, each one function in a list. None of them writes to a customer.

Each is a verb of the desk, done in the name of the rule, and a word on what the facts are afterwards: so rules further
down see it, and a dry run knows what would have been.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import acts, assignment, conversations, decisions, snoozes, tags, webhooks
from inbox.desk.conversations import HIGHEST_PRIORITY
from inbox.desk.decisions import LONGEST_REASON
from inbox.desk.holding import hold
from inbox.ground.db import raw
from inbox.ground.errors import Invalid, NotFound
from inbox.people.access import SEE_ALL, Agent
from inbox.platforms.base import Action as Asked
from inbox.platforms.base import clean
from inbox.rules.facts import Facts

Takes = Literal["", "tag", "member", "team", "priority", "minutes", "reason", "people", "webhook"]

ASSIGNEE, SUPERVISORS = "assignee", "supervisors"
NUMBER = re.compile("[0-9]{1,8}")
LONGEST_SNOOZE = 366 * 24 * 60  # minutes


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ACTIONS, with its value."""

    action: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule acts on: a conversation, and the message that is looked at in it."""

    conversation_id: UUID
    message_id: UUID | None


Do = Callable[[AsyncSession, Subject, str, Agent], Awaitable[object]]
Foresee = Callable[[Facts, str], Facts]


class Action(msgspec.Struct, frozen=True):
    """`takes`: what its value is."""

    name: str
    takes: Takes
    do: Do
    foresee: Foresee


ACTIONS: dict[str, Action] = {}


def action(takes: Takes = "", foresee: Foresee = lambda facts, _: facts) -> Callable[[Do], Do]:
    """Add an action, under the name of its function."""

    def add(do: Do) -> Do:
        ACTIONS[do.__name__] = Action(do.__name__, takes, do, foresee)
        return do

    return add


@action("tag", lambda facts, value: replace(facts, tags=(*facts.tags, value)))
async def tag(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    return await tags.put_on(session, subject.conversation_id, value, by=by)


@action("tag", lambda facts, value: replace(facts, tags=tuple(one for one in facts.tags if one != value)))
async def untag(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    return await tags.take_off(session, subject.conversation_id, value, by=by)


@action("member", lambda facts, value: replace(facts, assignee=value))
async def assign(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    """To a colleague, or to nobody."""
    return await assignment.assign(session, subject.conversation_id, UUID(value) if value else None, by=by)


@action("team", lambda facts, value: replace(facts, team=value))
async def entrust(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    """To a team, or to none: who of them has it is the team's to say."""
    return await assignment.entrust(session, subject.conversation_id, UUID(value) if value else None, by=by)


@action("priority", lambda facts, value: replace(facts, priority=int(value)))
async def prioritise(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    return await conversations.prioritise(session, subject.conversation_id, int(value), by=by)


@action("minutes", lambda facts, _: replace(facts, status="snoozed"))
async def snooze(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    held = await hold(session, subject.conversation_id, by=by)
    return await snoozes.snooze(session, subject.conversation_id, held.now + timedelta(minutes=int(value)), by=by)


@action("reason", lambda facts, _: replace(facts, needs_reply=False))
async def no_reply_needed(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    """Where one is needed, and no agent said so: their word is final."""
    if subject.message_id is None:
        return None
    needed = await (await raw(session)).fetchval(
        """SELECT m.needs_reply AND NOT EXISTS (
               SELECT 1 FROM audit_entry a WHERE a.workspace_id = $1 AND a.conversation_id = m.conversation_id
                   AND a.message_id = m.id AND a.verb = 'marked_needs_reply' AND a.by IS NOT NULL)
           FROM message m WHERE m.workspace_id = $1 AND m.id = $2""",
        by.workspace_id,
        subject.message_id,
    )
    if not needed:
        return None
    return await decisions.needs_reply(session, subject.message_id, False, value, by=by)


@action()
async def hide(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    """Asked of the platform, as an agent would ask; the thread says so once it is done."""
    if subject.message_id is None:
        return None
    held = await hold(session, subject.conversation_id, by=by)
    hidden = await held.connection.fetchval(
        "SELECT hidden FROM message WHERE workspace_id = $1 AND id = $2", by.workspace_id, subject.message_id
    )
    if hidden:
        return None
    await acts.act(session, subject.message_id, Asked.HIDE, by=by)
    await held.tells("conversation.noted", "asked_to_hide", message_id=subject.message_id)
    return held


@action("people")
async def notify(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    """A colleague, whoever has the conversation, or supervisors and admins: each as they want to be told."""
    held = await hold(session, subject.conversation_id, by=by)
    people = await held.connection.fetch(
        """SELECT user_id FROM membership WHERE workspace_id = $1 AND active
               AND CASE $2 WHEN 'assignee' THEN user_id = $3 WHEN 'supervisors' THEN role = ANY($4)
                           ELSE user_id::text = $2 END
           ORDER BY user_id""",
        by.workspace_id,
        value,
        held.row["assignee_id"],
        [str(role) for role in SEE_ALL],
    )
    if people:
        told = " ".join(str(row["user_id"]) for row in people)
        to = str(people[0]["user_id"]) if value == ASSIGNEE else value
        await held.tells("conversation.pointed_out", "notified", message_id=subject.message_id, to=to, people=told)
    return held


@action("webhook")
async def call(session: AsyncSession, subject: Subject, value: str, by: Agent) -> object:
    """One address of the workspace's own is told, whatever else it wants to be told of."""
    held = await hold(session, subject.conversation_id, by=by)
    hook = await held.connection.fetchrow(
        "SELECT url, state FROM webhook WHERE workspace_id = $1 AND id = $2", by.workspace_id, UUID(value)
    )
    if hook is None:
        raise NotFound("That webhook is gone.")
    if hook["state"] != webhooks.ON:
        raise Invalid("That webhook is switched off.")
    to = webhooks.host_of(hook["url"])
    await held.tells(webhooks.CALLED, "called", message_id=subject.message_id, to=to, webhook=value)
    return held


def cleaned(act: Act) -> Act:
    """Its value in the one spelling it is stored in."""
    known, value = ACTIONS.get(act.action), " ".join(clean(act.value).split())
    return Act(act.action, tags.spelled(value) if known and known.takes == "tag" else value)


def wrong_with(act: Act) -> str:
    """Why it cannot be done, in a sentence; "" where it can. That whom it names is there must be looked up besides."""
    known = ACTIONS.get(act.action)
    if known is None:
        return f"There is no action {act.action[:100]}."
    value, number = act.value, int(act.value) if NUMBER.fullmatch(act.value) else -1
    match known.takes:
        case "" if value:
            return "This action takes no value."
        case "tag" if not 1 <= len(value) <= tags.LONGEST:
            return f"A tag has 1 to {tags.LONGEST} characters."
        case "member" if value and not _is_id(value):
            return "Nobody of that name works here."
        case "team" if value and not _is_id(value):
            return "There is no such team."
        case "webhook" if not _is_id(value):
            return "Choose the webhook that is told."
        case "people" if value not in (ASSIGNEE, SUPERVISORS) and not _is_id(value):
            return "Nobody of that name works here."
        case "priority" if not 0 <= number <= HIGHEST_PRIORITY:
            return f"A priority is a number from 0 to {HIGHEST_PRIORITY}."
        case "minutes" if not 1 <= number <= LONGEST_SNOOZE:
            return "A conversation sleeps for a year at most."
        case "reason" if not 1 <= len(value) <= LONGEST_REASON:
            return "Say why no reply is needed."
    return ""


def _is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
