"""A rule as somebody writes it: when, if, then."""

from __future__ import annotations

from typing import Literal, get_args
from uuid import UUID

import msgspec

from inbox.desk import tags
from inbox.ground.db import Connection
from inbox.ground.errors import Invalid
from inbox.people.access import Right, rights_in
from inbox.platforms.base import clean
from inbox.rules import actions, judging
from inbox.rules.actions import Act
from inbox.rules.conditions import CONDITIONS
from inbox.rules.judging import All, Is, Not, Tree
from inbox.rules.judging import Any as AnyOf

Promised = Literal["at_risk", "breached", "resolution_at_risk", "resolution_breached"]
Trigger = Literal["message", "tagged", "waiting", Promised]

LONGEST_TITLE = 100
MOST_ACTIONS = 20
LONGEST_WAIT = 60 * 24 * 60  # minutes


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`trigger`: a customer's message came; the conversation was tagged with `tag` ("" any); somebody in it has waited
    for `minutes` (clock time); what was promised to them is at risk, or broken, whatever it was, or the resolution of
    their case alone. `stop`: where it fires, rules further down are not asked."""

    trigger: Trigger = "message"
    tag: str = ""
    minutes: int = 0
    conditions: Tree = All()
    actions: list[Act] = []
    stop: bool = False


class Wanted(Definition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule to be kept."""

    title: str


async def checked(connection: Connection, workspace_id: UUID, wanted: Wanted) -> tuple[str, Definition]:
    """The title and the definition as they will be stored. Raises Invalid, naming the field."""
    title = " ".join(clean(wanted.title).split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid(f"A title has 1 to {LONGEST_TITLE} characters.", field="title")
    tag = tags.spelled(wanted.tag) if wanted.trigger == "tagged" else ""
    if len(tag) > tags.LONGEST:
        raise Invalid(f"A tag has 1 to {tags.LONGEST} characters.", field="tag")
    if wanted.trigger == "waiting" and not 1 <= wanted.minutes <= LONGEST_WAIT:
        raise Invalid(f"Say after how many minutes, {LONGEST_WAIT} at most.", field="minutes")
    conditions = _cleaned(wanted.conditions)
    if why := judging.fault(conditions):
        raise Invalid(why, field="conditions")
    todo = [actions.cleaned(act) for act in wanted.actions]
    await _check_actions(connection, workspace_id, wanted.trigger, todo)
    return title, Definition(
        trigger=wanted.trigger,
        tag=tag,
        minutes=wanted.minutes if wanted.trigger == "waiting" else 0,
        conditions=conditions,
        actions=todo,
        stop=wanted.stop,
    )


async def _check_actions(connection: Connection, workspace_id: UUID, trigger: Trigger, todo: list[Act]) -> None:
    if not 1 <= len(todo) <= MOST_ACTIONS:
        raise Invalid(f"A rule does at least one thing, and {MOST_ACTIONS} at most.", field="actions")
    for act in todo:
        if why := actions.wrong_with(act):
            raise Invalid(why, field="actions")
    if trigger in ("waiting", *get_args(Promised)) and any(act.action == "no_reply_needed" for act in todo):
        raise Invalid("Whoever has waited too long did ask: that cannot be unsaid by a rule.", field="actions")
    taking = {act.value for act in todo if actions.ACTIONS[act.action].takes == "member" and act.value}
    told = {act.value for act in todo if actions.ACTIONS[act.action].takes == "people"}
    told -= {actions.ASSIGNEE, actions.SUPERVISORS}
    known = await connection.fetch(
        "SELECT user_id, role, rights FROM membership WHERE workspace_id = $1 AND user_id = ANY($2) AND active",
        workspace_id,
        [UUID(one) for one in taking | told],
    )
    answering = {str(row["user_id"]) for row in known if Right.ANSWER in rights_in(row)}
    if taking - answering or told - {str(row["user_id"]) for row in known}:
        raise Invalid("Nobody of that name works here.", field="actions")
    await _check_named(connection, workspace_id, todo)


async def _check_named(connection: Connection, workspace_id: UUID, todo: list[Act]) -> None:
    for takes, sql, why in (
        ("team", "SELECT id FROM team WHERE workspace_id = $1 AND removed_at IS NULL", "There is no such team."),
        ("webhook", "SELECT id FROM webhook WHERE workspace_id = $1", "There is no such webhook."),
    ):
        named = {UUID(act.value) for act in todo if actions.ACTIONS[act.action].takes == takes and act.value}
        if named and named - {row["id"] for row in await connection.fetch(sql, workspace_id)}:
            raise Invalid(why, field="actions")


def _cleaned(tree: Tree) -> Tree:
    """The same with every value in the one spelling it is stored in."""
    match tree:
        case Is(condition, values):
            asked = CONDITIONS.get(condition)
            spelled = [" ".join(clean(value).split()) for value in values]
            if asked and asked.takes == "tags":
                spelled = [tags.spelled(value) for value in spelled]
            return Is(clean(condition), tuple(dict.fromkeys(spelled)))
        case Not(of=Not(of=inner)):
            return _cleaned(inner)
        case Not(of=inner):
            return Not(_cleaned(inner))
        case AnyOf(of=inner):
            return AnyOf(tuple(_cleaned(one) for one in inner))
        case _:
            return All(tuple(_cleaned(one) for one in tree.of))
