"""Rules a workspace makes for itself: when something happens, if it is so, do this."""

from __future__ import annotations

from typing import Annotated, get_args
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Page
from inbox.desk import webhooks
from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.realtime.shapes import RuleOut
from inbox.rules import keeping, looks, trials
from inbox.rules.actions import ACTIONS
from inbox.rules.conditions import CONDITIONS
from inbox.rules.definitions import Trigger, Wanted
from inbox.rules.looks import LookOut
from inbox.rules.trials import SampleOut


class ConditionOut(msgspec.Struct):
    """`takes`: what its values are; "" none. `choices`: from which they are taken. `range`: of a number."""

    name: str
    takes: str
    choices: tuple[str, ...]
    range: tuple[int, int]


class ActionOut(msgspec.Struct):
    """`takes`: what its value is; "" none."""

    name: str
    takes: str


class HookOut(msgspec.Struct):
    """A webhook that a rule may call; `host`: where it leads."""

    id: UUID
    host: str
    on: bool


class VocabularyOut(msgspec.Struct):
    """What rules can be made of."""

    triggers: list[str]
    conditions: list[ConditionOut]
    actions: list[ActionOut]
    webhooks: list[HookOut]


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Every rule, the first first."""

    ids: Annotated[list[UUID], msgspec.Meta(max_length=keeping.MOST)]


class Switch(msgspec.Struct, forbid_unknown_fields=True):
    """`trial_id`: the dry run that was seen."""

    trial_id: UUID


@get("/rules", summary="List rules")
async def list_rules(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> Page[RuleOut]:
    """All of them, in their order."""
    return Page(await keeping.all_of(session, agent))


@get("/rules/vocabulary", summary="What rules can be made of")
async def read_vocabulary(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> VocabularyOut:
    """Triggers, conditions and actions, and the webhooks that can be called."""
    hooks = await webhooks.hosts(await raw(session), agent.workspace_id)
    return VocabularyOut(
        list(get_args(Trigger)),
        [ConditionOut(one.name, one.takes, one.choices, one.range) for one in CONDITIONS.values()],
        [ActionOut(one.name, one.takes) for one in ACTIONS.values()],
        [HookOut(one["id"], webhooks.host_of(one["url"]), one["state"] == webhooks.ON) for one in hooks],
    )


@post("/rules", summary="Make a rule")
async def create_rule(
    data: JSONBody[Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> RuleOut:
    """Last in the order, and switched off."""
    return await keeping.make(session, data, by=agent)


@put("/rules/order", summary="Put rules in order")
async def put_order(
    data: JSONBody[Order], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Page[RuleOut]:
    """All of them. 409 where somebody made or deleted one meanwhile."""
    return Page(await keeping.reorder(session, data.ids, by=agent))


@get("/rules/{rule_id:uuid}", summary="Read a rule")
async def read_rule(
    rule_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> RuleOut:
    """With the newest dry run of it."""
    return await keeping.one(session, rule_id, agent)


@put("/rules/{rule_id:uuid}", summary="Change a rule")
async def put_rule(
    rule_id: FromPath[UUID],
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> RuleOut:
    """The whole of it. What runs goes on as it was until the new wording is switched on."""
    return await keeping.change(session, rule_id, data, by=agent)


@delete("/rules/{rule_id:uuid}", summary="Delete a rule")
async def delete_rule(
    rule_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """It is off and out of sight; what it did stays."""
    await keeping.remove(session, rule_id, by=agent)


@post("/rules/{rule_id:uuid}/trials", summary="Ask for a dry run of a rule")
async def create_trial(
    rule_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> RuleOut:
    """Over the last 30 days; nothing is done. The answer comes as `trial` of the rule, and is told in the feed."""
    return await trials.ask(session, rule_id, by=agent)


@get("/rules/{rule_id:uuid}/samples", summary="What a rule would have fired for")
async def list_samples(
    rule_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Page[SampleOut]:
    """Of the newest dry run of it as it is, the newest first, in the channels one sees."""
    return Page(await trials.samples(session, rule_id, by=agent))


@put("/rules/{rule_id:uuid}/running", summary="Switch a rule on")
async def put_running(
    rule_id: FromPath[UUID],
    data: JSONBody[Switch],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> RuleOut:
    """As an admin who has seen a dry run of it as it is now; for what happens from now on."""
    return await keeping.switch_on(session, rule_id, data.trial_id, by=agent)


@delete("/rules/{rule_id:uuid}/running", status_code=200, summary="Switch a rule off")
async def delete_running(
    rule_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> RuleOut:
    """At once."""
    return await keeping.switch_off(session, rule_id, by=agent)


@get("/conversations/{conversation_id:uuid}/rule-looks", summary="Which rules fired, and why the others did not")
async def list_looks(
    conversation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Page[LookOut]:
    """The newest looks of the last 30 days."""
    return Page(await looks.of(session, conversation_id, by=agent))


doors = [
    list_rules,
    read_vocabulary,
    create_rule,
    put_order,
    read_rule,
    put_rule,
    delete_rule,
    create_trial,
    list_samples,
    put_running,
    delete_running,
    list_looks,
]
