"""Addresses that are told of what happens here, and what became of each telling."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.api.lists import Limit
from inbox.desk import webhook_log, webhooks
from inbox.desk.webhook_log import DeliveryOut, LogOut
from inbox.desk.webhooks import Wanted, WebhookOut
from inbox.ground.crypto import Safe
from inbox.people.access import Agent, Right

Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]
Failed = Annotated[bool, QueryParameter(description="Only what nobody took.")]
MAY = needs(Right.SETTINGS)


class WebhooksOut(msgspec.Struct):
    """`kinds`: every event that can be told."""

    items: list[WebhookOut]
    kinds: list[str]


class PingOut(msgspec.Struct):
    delivery_id: UUID


class Replay(msgspec.Struct, forbid_unknown_fields=True):
    since: datetime


class ReplayOut(msgspec.Struct):
    """How many are on their way again."""

    number: int


@get("/webhooks", guards=[MAY], summary="List webhooks")
async def list_webhooks(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> WebhooksOut:
    """The oldest first, and every event they can be told of."""
    return WebhooksOut(await webhooks.all_of(session, by=agent), list(webhooks.KINDS))


@post("/webhooks", guards=[in_a_browser, MAY], summary="Make a webhook")
async def create_webhook(
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    safe: NamedDependency[Safe],
    agent: NamedDependency[Agent],
) -> WebhookOut:
    """An https address, told of these events from now on by POST, as Standard Webhooks says: `webhook-id`,
    `webhook-timestamp`, `webhook-signature`, and a body of `type`, `timestamp` and `data`: the conversation, message,
    activity or channel as they are at that moment. At least once, in no certain order; `data.seq` is the order of
    things. What is not answered by 2xx within 15 s is sent again under the same id, ten times over three days; 410
    switches it off at once, five days without a 2xx do. `secret` is given this once."""
    return await webhooks.make(session, safe, data, by=agent)


@patch("/webhooks/{webhook_id:uuid}", guards=[in_a_browser, MAY], summary="Change a webhook")
async def change_webhook(
    webhook_id: FromPath[UUID],
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> WebhookOut:
    """What is left out stays. What waited when it was switched off is in its log, to be sent again."""
    return await webhooks.change(session, webhook_id, data, by=agent)


@delete("/webhooks/{webhook_id:uuid}", guards=[MAY], summary="Delete a webhook")
async def delete_webhook(
    webhook_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """Its log goes with it."""
    await webhooks.remove(session, webhook_id, by=agent)


@post("/webhooks/{webhook_id:uuid}/secrets", guards=[in_a_browser, MAY], summary="Change a webhook's secret")
async def create_webhook_secret(
    webhook_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    safe: NamedDependency[Safe],
    agent: NamedDependency[Agent],
) -> WebhookOut:
    """For 24 hours everything is signed with the former one too. `secret` is given this once."""
    return await webhooks.rotate(session, safe, webhook_id, by=agent)


@post("/webhooks/{webhook_id:uuid}/pings", guards=[MAY], summary="Send a test to a webhook")
async def create_ping(
    webhook_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> PingOut:
    """An event `webhook.ping`; what becomes of it stands in the log."""
    return PingOut(await webhooks.ping(session, webhook_id, by=agent))


@get("/webhooks/{webhook_id:uuid}/deliveries", guards=[MAY], summary="Read a webhook's log")
async def list_deliveries(
    webhook_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    failed: Failed = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> LogOut:
    """The newest first, for 30 days."""
    return await webhook_log.page(session, webhook_id, by=agent, failed=failed, cursor=cursor, limit=limit)


@post(
    "/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/replays",
    guards=[MAY],
    summary="Send a delivery again",
)
async def replay_delivery(
    webhook_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> DeliveryOut:
    """Under its own id, also if it was taken before."""
    return await webhook_log.replay(session, webhook_id, delivery_id, by=agent)


@post("/webhooks/{webhook_id:uuid}/replays", guards=[MAY], summary="Send again what nobody took")
async def replay_failed(
    webhook_id: FromPath[UUID],
    data: JSONBody[Replay],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ReplayOut:
    """Everything that failed since then, each under its own id."""
    return ReplayOut(await webhook_log.replay_failed(session, webhook_id, data.since, by=agent))


doors = [
    list_webhooks,
    create_webhook,
    change_webhook,
    delete_webhook,
    create_webhook_secret,
    create_ping,
    list_deliveries,
    replay_delivery,
    replay_failed,
]
