"""What the addresses of the matrix name: a conversation, and messages in every state that a door asks for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inbox.desk import (
    apart,
    assignment,
    cards,
    checks,
    contact_notes,
    deliveries,
    fields,
    merges,
    replies,
    sweeps,
    webhooks,
)
from inbox.desk.filters import Filtering
from inbox.desk.replies import Reply
from inbox.desk.webhooks import Wanted
from inbox.flow import readers
from inbox.flow.notifying import Notifications
from inbox.ground.ids import new_id
from inbox.realtime.shapes import MessageOut
from tests.flow.road import Road, named
from tests.world import World


async def a_conversation(world: World) -> dict[str, Any]:
    """Somebody waits in it."""
    road = await Road.make(world)
    await road.comments("8001", "Does it ship?", at="00:01")
    return {"conversation_id": named(await road.conversation())}


async def a_person(world: World) -> dict[str, Any]:
    """Who wrote a comment, and under which account."""
    await a_conversation(world)
    async with world.database.tenant(world.workspace_id) as connection:
        row = await connection.fetchrow("SELECT id, contact_id FROM contact_identity")
    assert row is not None
    return {"contact_id": row["contact_id"], "identity_id": row["id"]}


async def a_merge(world: World) -> dict[str, Any]:
    """Two who wrote are one person, as somebody said."""
    road = await Road.make(world)
    await road.comments("8001", "Does it ship?", at="00:01")
    await road.says("7001", "Does it ship?", at="00:02")
    async with world.database.session(world.workspace_id) as session:
        one, other = (await cards.newest(session, world.admin, cursor=None, limit=2)).items
        card = await merges.merge(session, one.id, other.id, by=world.admin)
    return {"contact_id": card.id, "merge_id": card.merges[0].id}


async def two_apart(world: World) -> dict[str, Any]:
    """Two who are not the same, as somebody said."""
    road = await Road.make(world)
    await road.comments("8001", "Does it ship?", at="00:01")
    await road.says("7001", "Does it ship?", at="00:02")
    async with world.database.session(world.workspace_id) as session:
        one, other = (await cards.newest(session, world.admin, cursor=None, limit=2)).items
        await apart.say(session, one.id, other.id, by=world.admin)
    return {"contact_id": one.id, "other_id": other.id}


async def a_contact_note(world: World) -> dict[str, Any]:
    """The agent's own."""
    person = await a_person(world)
    async with world.database.session(world.workspace_id) as session:
        note = await contact_notes.write(session, person["contact_id"], "Pays by cheque.", by=world.agent)
    return {"contact_id": person["contact_id"], "note_id": note.id}


async def a_contact_field(world: World) -> dict[str, Any]:
    """What the workspace wants to know of people, and a person."""
    person = await a_person(world)
    async with world.database.session(world.workspace_id) as session:
        field = await fields.make(session, "Size", "text", [], by=world.admin)
    return {"contact_id": person["contact_id"], "field_id": field.id}


async def a_comment(world: World) -> dict[str, Any]:
    """What a customer wrote under our post."""
    conversation = await a_conversation(world)
    async with world.database.tenant(world.workspace_id) as connection:
        return {
            "message_id": await connection.fetchval(
                "SELECT id FROM message WHERE conversation_id = $1", conversation["conversation_id"]
            )
        }


async def a_check(world: World) -> dict[str, Any]:
    """A message that lies before the agent to be checked."""
    message = await a_comment(world)
    async with world.database.tenant(world.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO reply_check (workspace_id, message_id, holder, held_until)
               VALUES ($1, $2, $3, now() + interval '10 minutes')""",
            world.workspace_id,
            message["message_id"],
            world.agent.id,
        )
    return message


async def a_skipped_check(world: World) -> dict[str, Any]:
    """One that the agent has left to others."""
    message = await a_check(world)
    async with world.database.session(world.workspace_id) as session:
        await checks.skip(session, message["message_id"], by=world.agent)
    return message


async def written_elsewhere(world: World) -> dict[str, Any]:
    """An answer of our account that did not leave from here."""
    road = await Road.make(world)
    await road.says("7001", "Where is my order?", at="00:01")
    await road.answers_elsewhere("On its way!", at="00:10", to="7001")
    async with world.database.tenant(world.workspace_id) as connection:
        return {"message_id": await connection.fetchval("SELECT id FROM message WHERE elsewhere <> ''")}


async def a_queued_reply(world: World) -> dict[str, Any]:
    """It can still be undone."""
    return {"message_id": (await _reply(world)).id}


async def an_unapproved_reply(world: World) -> dict[str, Any]:
    """A colleague is to read it first."""
    return {"message_id": (await _reply(world, for_approval=True)).id}


async def a_failed_reply(world: World) -> dict[str, Any]:
    """The platform said no."""
    return await _landed(world, "failed")


async def a_doubtful_reply(world: World) -> dict[str, Any]:
    """Nobody can tell whether it was posted."""
    return await _landed(world, "doubtful")


async def a_notification(world: World) -> dict[str, Any]:
    """The agent was given a conversation."""
    conversation = await a_conversation(world)
    async with world.database.session(world.workspace_id) as session:
        await assignment.assign(session, conversation["conversation_id"], world.agent.id, by=world.supervisor)
    while world.workspace_id in await readers.behind(world.database, Notifications()):
        await readers.turn(world.database, Notifications(), world.workspace_id)
    async with world.database.tenant(world.workspace_id) as connection:
        return {"notification_id": await connection.fetchval("SELECT id FROM notification")}


async def a_sweep(world: World) -> dict[str, Any]:
    """The agent's own."""
    await a_conversation(world)
    async with world.database.session(world.workspace_id) as session:
        act = sweeps.Act(do="tag", tag="outage")
        return {"sweep_id": (await sweeps.begin(session, "open", Filtering(), act, by=world.agent)).id}


async def a_webhook(world: World) -> dict[str, Any]:
    """An address that is told."""
    wanted = Wanted(url="https://example.com/hook", kinds=["message.received"])
    async with world.database.session(world.workspace_id) as session:
        return {"webhook_id": (await webhooks.make(session, world.safe, wanted, by=world.admin)).id}


async def a_webhook_delivery(world: World) -> dict[str, Any]:
    """A test on its way to it."""
    hook = await a_webhook(world)
    async with world.database.session(world.workspace_id) as session:
        return {**hook, "delivery_id": await webhooks.ping(session, hook["webhook_id"], by=world.admin)}


async def _landed(world: World, how: str) -> dict[str, Any]:
    message = await _reply(world)
    async with world.database.tenant(world.workspace_id) as connection:
        held = await deliveries.hold(connection, world.workspace_id, message.id)
        assert held is not None
        if how == "failed":
            await deliveries.failed(connection, held, "invalid", "The platform refused it.")
        else:
            await deliveries.asks(connection, held, "The platform fell silent.")
    return {"message_id": message.id}


async def _reply(world: World, *, for_approval: bool = False) -> MessageOut:
    conversation: UUID = (await a_conversation(world))["conversation_id"]
    async with world.database.session(world.workspace_id) as session:
        reply = Reply(visibility="public", text="It does!", for_approval=for_approval)
        return await replies.send(session, conversation, reply, by=world.agent, key=new_id().hex)
