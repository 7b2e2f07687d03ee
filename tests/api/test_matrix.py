"""Every door x everybody who may stand before it. A door without a row fails.

Columns: admin, supervisor, agent, read-only, an agent without the channel, the admin of another workspace, somebody
signed out, a program with an agent's token. Everything a row names belongs to the first workspace; whoever is not to
know of it gets the very answer that an id nobody has would get.
"""

# ruff: noqa: E501 - a table is read across

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute

from inbox.app import create_app
from inbox.desk import calendars, competitors, macros, saved_replies, saved_views, teams
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from inbox.people import invitations, tokens, wall_links
from inbox.people.access import Right, Role
from inbox.reports import goals
from inbox.rules import keeping
from inbox.rules.definitions import Wanted
from tests.api.browser import Browsers
from tests.api.matters import (
    a_check,
    a_comment,
    a_contact_field,
    a_contact_note,
    a_conversation,
    a_doubtful_reply,
    a_failed_reply,
    a_merge,
    a_notification,
    a_person,
    a_queued_reply,
    a_skipped_check,
    a_sweep,
    a_webhook,
    a_webhook_delivery,
    an_unapproved_reply,
    two_apart,
    written_elsewhere,
)
from tests.people.authenticator import Authenticator
from tests.world import World

WHO = ("admin", "supervisor", "agent", "read_only", "outsider", "other", "nobody", "program")
Target = Callable[[World], Awaitable[dict[str, Any]]]


ICAL = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260612\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@dataclass(frozen=True)
class Row:
    """`codes`: one status for each of WHO. `target` makes what the address names."""

    codes: str
    body: Any = None
    target: Target | None = None
    headers: dict[str, str] | None = None
    query: dict[str, str] | None = None

    def expected(self) -> dict[str, int]:
        return dict(zip(WHO, map(int, self.codes.split()), strict=True))


async def a_session(world: World) -> dict[str, Any]:
    """The agent's own browser."""
    await world.sign_in(world.agent)
    async with world.database.app.acquire() as connection:
        return {"session_id": await connection.fetchval("SELECT name FROM session WHERE user_id = $1", world.agent.id)}


async def a_colleague(world: World) -> dict[str, Any]:
    return {"member_id": (await world.member(Role.AGENT, "Cleo")).id}


async def a_colleague_with_a_second_step(world: World) -> dict[str, Any]:
    colleague = await world.member(Role.AGENT, "Cleo")
    await Authenticator.of(world, colleague)
    return {"member_id": colleague.id}


async def an_invitation(world: World) -> dict[str, Any]:
    async with world.database.tenant(world.workspace_id) as connection:
        made, _ = await invitations.invite(connection, world.admin, email="new@example.com", role=Role.AGENT)
    return {"invitation_id": made.id}


async def a_role(world: World) -> dict[str, Any]:
    return {"role_id": await world.role(frozenset({Right.ANSWER}), "Nights")}


async def a_token(world: World) -> dict[str, Any]:
    async with world.database.app.acquire() as connection:
        made, _ = await tokens.make(connection, world.admin, name="one", role=Role.AGENT, as_me=False)
    return {"token_id": made.id}


async def a_competitor(world: World) -> dict[str, Any]:
    async with world.database.session(world.workspace_id) as session:
        return {"competitor_id": (await competitors.name(session, f"Rival {new_id()}", by=world.admin)).id}


async def an_account_nobody_has(world: World) -> dict[str, Any]:
    return {**await a_competitor(world), "account_id": new_id()}


async def the_channel(world: World) -> dict[str, Any]:
    return {"channel_id": world.channel_id}


async def a_file_nobody_sent(_: World) -> dict[str, Any]:
    return {"attachment_id": new_id()}


async def a_code_nobody_was_given(_: World) -> dict[str, Any]:
    return {"code": new_id().hex}


async def a_platform_nobody_knows(_: World) -> dict[str, Any]:
    return {"platform": "nowhere"}


async def a_country(_: World) -> dict[str, Any]:
    return {"country": "PT"}


async def nothing_named(world: World) -> dict[str, Any]:
    """Somebody waits, which the address does not say."""
    await a_conversation(world)
    return {}


async def a_saved_reply(world: World) -> dict[str, Any]:
    """Everybody's."""
    async with world.database.session(world.workspace_id) as session:
        wanted = saved_replies.Wanted(title="Hello", text="Hello!", shared=True)
        return {"saved_reply_id": (await saved_replies.make(session, wanted, by=world.admin)).id}


async def a_team(world: World) -> dict[str, Any]:
    async with world.database.session(world.workspace_id) as session:
        return {"team_id": (await teams.make(session, teams.Wanted(name="Repairs"), by=world.admin)).id}


async def a_goal(world: World) -> dict[str, Any]:
    async with world.database.session(world.workspace_id) as session:
        wanted = msgspec.convert(GOAL | {"channel_ids": [str(world.channel_id)]}, goals.Wanted)
        return {"goal_id": (await goals.make(session, wanted, by=world.admin)).id}


async def a_wall_link(world: World) -> dict[str, Any]:
    async with world.database.tenant(world.workspace_id) as connection:
        made, _ = await wall_links.make(connection, world.supervisor, name="Hall", channel_ids=None)
    return {"wall_link_id": made.id}


async def a_calendar(world: World) -> dict[str, Any]:
    async with world.database.session(world.workspace_id) as session:
        wanted = msgspec.convert(CALENDAR, calendars.Wanted)
        return {"calendar_id": (await calendars.make(session, wanted, by=world.admin)).id}


async def a_macro(world: World) -> dict[str, Any]:
    """Everybody's."""
    async with world.database.session(world.workspace_id) as session:
        return {"macro_id": (await macros.make(session, macros.Wanted(**MACRO), by=world.admin)).id}


async def a_rule(world: World) -> dict[str, Any]:
    """Switched off."""
    async with world.database.session(world.workspace_id) as session:
        wanted = msgspec.convert(RULE, Wanted)
        return {"rule_id": (await keeping.make(session, wanted, by=world.admin)).id}


async def a_saved_view(world: World) -> dict[str, Any]:
    """Everybody's."""
    async with world.database.session(world.workspace_id) as session:
        wanted = saved_views.Wanted(name="Late", shared=True)
        return {"saved_view_id": (await saved_views.make(session, wanted, by=world.admin)).id}


async def a_sign_in_nobody_began(world: World) -> dict[str, Any]:
    return {"sign_in_id": new_id()}


BOTH = {"password": "not the password", "code": "123456"}
SIGN_IN = {"email": "nobody@example.com", "password": "not the password"}
ACCEPTANCE = {"token": "unknown", "name": "Nobody", "password": "long enough 123"}
NOTE = {"visibility": "note", "text": "Between us"}
KEYED = {"Idempotency-Key": "one"}
CLOSED = {"unanswered": "close_unanswered"}
MACRO: dict[str, Any] = {"title": "Late", "shared": True, "tags_on": ["late"]}
HOOK = {"url": "https://example.com/hook", "kinds": ["message.received"]}
OWN_MACRO = MACRO | {"shared": False}
TEAM = {"name": "Repairs"}
GOAL: dict[str, Any] = {
    "purpose": "service",
    "metric": "median",
    "within": 28800,
    "deadline": "2099-12-31",
    "channel_ids": [str(new_id())],
}
CALENDAR: dict[str, Any] = {
    "name": "Office",
    "zone": "Europe/Madrid",
    "week": [[{"opens": "09:00", "closes": "17:00"}]] * 7,
}
NO_MACRO = {"macro_id": str(new_id())}
RULE: dict[str, Any] = {"title": "Money", "actions": [{"action": "tag", "value": "money"}]}
UNSEEN = {"trial_id": str(new_id())}
TOMORROW = {"until": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
PASSWORDS = {"current": "not the password", "password": "long enough 123"}

ROWS: dict[str, Row] = {
    #                                               admin super agent reader outside other nobody program
    "POST /api/v1/session": Row("                     401   401   401    401     401   401    401     401", SIGN_IN),
    "GET /api/v1/session": Row("                      200   200   200    200     200   200    401     200"),
    "DELETE /api/v1/session": Row("                   204   204   204    204     204   204    401     403"),
    "PUT /api/v1/session/password": Row("             401   401   401    401     401   401    401     403", PASSWORDS),
    "POST /api/v1/session/code": Row("                401   401   401    401     401   401    401     401", {"code": "123456"}),
    "GET /api/v1/session/second-step": Row("          200   200   200    200     200   200    401     403"),
    "POST /api/v1/session/second-step": Row("         401   401   401    401     401   401    401     403", {"password": "not the password"}),
    "POST /api/v1/session/second-step/confirmation": Row("409 409 409  409     409   409    401     403", {"code": "123456"}),
    "POST /api/v1/session/second-step/removal": Row(" 401   401   401    401     401   401    401     403", BOTH),
    "POST /api/v1/session/second-step/recovery-codes": Row("401 401 401 401    401   401    401     403", BOTH),
    "GET /api/v1/second-steps": Row("                 200   403   403    403     403   200    401     403"),
    "PUT /api/v1/second-steps/requirement": Row("     409   403   403    403     403   409    401     403", {"required": True}),
    "DELETE /api/v1/second-steps/{member_id}": Row("  204   403   403    403     403   404    401     403", None, a_colleague_with_a_second_step),
    "DELETE /api/v1/sessions": Row("                  204   204   204    204     204   204    401     403"),
    "GET /api/v1/sessions": Row("                     200   200   200    200     200   200    401     403"),
    "DELETE /api/v1/sessions/{session_id}": Row("     404   404   204    404     404   404    401     403", None, a_session),
    "GET /api/v1/conversations": Row("                200   200   200    200     200   200    401     200"),
    "GET /api/v1/conversations/{conversation_id}": Row("200 200   200    200     404   404    401     200", None, a_conversation),
    "GET /api/v1/conversations/{conversation_id}/messages": Row("200 200 200 200 404   404    401     200", None, a_conversation),
    "POST /api/v1/conversations/{conversation_id}/messages": Row("201 201 201 403 404  404    401     201", NOTE, a_conversation, KEYED),
    "GET /api/v1/conversations/{conversation_id}/ledger": Row("200 200 200 200   404   404    401     200", None, a_conversation),
    "POST /api/v1/conversations/{conversation_id}/resolution": Row("200 200 200 403 404 404   401     200", CLOSED, a_conversation),
    "DELETE /api/v1/conversations/{conversation_id}/resolution": Row("200 200 200 403 404 404 401     200", None, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/spam": Row("   200 200 200 403 404  404    401     200", None, a_conversation),
    "DELETE /api/v1/conversations/{conversation_id}/spam": Row("200 200 200 403 404  404    401     200", None, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/assignment": Row("200 200 200 403 404 404    401     200", {"assignee_id": None}, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/snooze": Row("200 200 200 403   404   404    401     200", TOMORROW, a_conversation),
    "DELETE /api/v1/conversations/{conversation_id}/snooze": Row("200 200 200 403 404  404    401     200", None, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/tags/{name}": Row("200 200 200 403 404 404   401     200", None, a_conversation),
    "DELETE /api/v1/conversations/{conversation_id}/tags/{name}": Row("200 200 200 403 404 404 401    200", None, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/priority": Row("200 200 200 403 404   404    401     200", {"priority": 4}, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/read": Row("200 200 200 200     404   404    401     200", {"at": "2026-01-01T00:00:00Z"}, a_conversation),
    "DELETE /api/v1/conversations/{conversation_id}/read": Row("200 200 200 200  404   404    401     200", None, a_conversation),
    "POST /api/v1/conversations/{conversation_id}/refetch": Row("200 200 200 403 404   404    401     200", None, a_conversation),
    "GET /api/v1/conversations/{conversation_id}/colleagues": Row("200 200 200 200 404 404   401     200", None, a_conversation),
    "GET /api/v1/conversations/{conversation_id}/draft": Row("200 200 200 200    404   404    401     200", None, a_conversation),
    "PUT /api/v1/conversations/{conversation_id}/draft": Row("200 200 200 403    404   404    401     200", NOTE, a_conversation),
    "DELETE /api/v1/conversations/{conversation_id}/draft": Row("204 204 204 204 404   404    401     204", None, a_conversation),
    "DELETE /api/v1/messages/{message_id}": Row("     200   200   200    403     404   404    401     200", None, a_queued_reply),
    "POST /api/v1/messages/{message_id}/retry": Row(" 200   200   200    403     404   404    401     200", None, a_failed_reply),
    "POST /api/v1/messages/{message_id}/decision": Row("200 200   200    403     404   404    401     200", {"it_is_there": True}, a_doubtful_reply),
    "GET /api/v1/posts": Row("200 200 200 200 200 200 401 200"),
    "POST /api/v1/sweeps/matching": Row("200 200 200 200 200 200 401 200", {"view": "open"}),
    "POST /api/v1/sweeps": Row("201 201 201 403 422 422 401 422", {"view": "open", "act": {"do": "tag", "tag": "outage"}}, nothing_named),
    "GET /api/v1/sweeps/{sweep_id}": Row("404 404 200 404 404 404 401 404", None, a_sweep),
    "POST /api/v1/sweeps/{sweep_id}/undoing": Row("404 404 200 403 404 404 401 404", None, a_sweep),
    "POST /api/v1/messages/{message_id}/approval": Row("200 200   403    403     403   404    401     403", {"seen": 1_000_000}, an_unapproved_reply),
    "POST /api/v1/messages/{message_id}/rejection": Row("200 200  403    403     403   404    401     403", {"reason": "No."}, an_unapproved_reply),
    "PUT /api/v1/messages/{message_id}/hiding": Row(" 200   200   200    403     404   404    401     200", None, a_comment),
    "DELETE /api/v1/messages/{message_id}/hiding": Row("200 200   200    403     404   404    401     200", None, a_comment),
    "PUT /api/v1/messages/{message_id}/like": Row("   200   200   200    403     404   404    401     200", None, a_comment),
    "DELETE /api/v1/messages/{message_id}/like": Row("200   200   200    403     404   404    401     200", None, a_comment),
    "POST /api/v1/messages/{message_id}/removal": Row("200  200   200    403     404   404    401     200", None, a_comment),
    "PUT /api/v1/messages/{message_id}/needs-reply": Row("200 200 200    403     404   404    401     200", {"needs_reply": False, "reason": "Spam"}, a_comment),
    "PUT /api/v1/messages/{message_id}/authorship": Row("200 200  200    403     404   404    401     200", {"automatic": True}, written_elsewhere),
    "POST /api/v1/messages/{message_id}/coverage": Row("422 422   422    403     404   404    401     422", {"answers": [str(new_id())]}, written_elsewhere),
    "GET /api/v1/contacts": Row("                     200   200   200    200     200   200    401     200"),
    "GET /api/v1/contacts/{contact_id}": Row("        200   200   200    200     404   404    401     200", None, a_person),
    "GET /api/v1/identities/{identity_id}/contact": Row("200 200 200  200     404   404    401     200", None, a_person),
    "PUT /api/v1/contacts/{contact_id}/block": Row("   200 200 200 403 404  404    401     200", None, a_person),
    "DELETE /api/v1/contacts/{contact_id}/block": Row("200 200 200 403 404  404    401     200", None, a_person),
    "POST /api/v1/contacts/{contact_id}/merges": Row("404 404  404    403     404   404    401     404", {"contact_id": str(new_id())}, a_person),
    "DELETE /api/v1/contacts/{contact_id}/merges/{merge_id}": Row("200 200 200 403 404 404   401     200", None, a_merge),
    "GET /api/v1/twins": Row("                        200   200   200    200     200   200    401     200"),
    "GET /api/v1/contacts/{contact_id}/twins": Row("  200   200   200    200     404   404    401     200", None, a_person),
    "GET /api/v1/apart": Row("                        200   200   200    200     200   200    401     200"),
    "PUT /api/v1/contacts/{contact_id}/apart/{other_id}": Row("204 204 204 403 404 404 401 204", None, two_apart),
    "DELETE /api/v1/contacts/{contact_id}/apart/{other_id}": Row("204 204 204 403 404 404 401 204", None, two_apart),
    "PUT /api/v1/contacts/{contact_id}/consent": Row("200 200   200    403     404   404    401     200", {"how": "Wrote so"}, a_person),
    "DELETE /api/v1/contacts/{contact_id}/consent": Row("204 204 204   403     404   404    401     204", None, a_person),
    "GET /api/v1/contacts/{contact_id}/conversations": Row("200 200 200 200  404   404    401     200", None, a_person),
    "PUT /api/v1/contacts/{contact_id}/tags/{name}": Row("200 200 200 403    404   404    401     200", None, a_person),
    "DELETE /api/v1/contacts/{contact_id}/tags/{name}": Row("200 200 200 403 404   404    401     200", None, a_person),
    "PUT /api/v1/contacts/{contact_id}/fields/{field_id}": Row("200 200 200 403 404 404   401     200", {"value": "L"}, a_contact_field),
    "GET /api/v1/contacts/{contact_id}/notes": Row("  200   200   200    200     404   404    401     200", None, a_person),
    "POST /api/v1/contacts/{contact_id}/notes": Row(" 201   201   201    403     404   404    401     201", {"text": "Kind."}, a_person),
    "PATCH /api/v1/contacts/{contact_id}/notes/{note_id}": Row("403 403 200 403 404 404   401     403", {"text": "Kind."}, a_contact_note),
    "DELETE /api/v1/contacts/{contact_id}/notes/{note_id}": Row("204 204 204 403 404 404  401     403", None, a_contact_note),
    "GET /api/v1/contact-fields": Row("               200   200   200    200     200   200    401     200"),
    "POST /api/v1/contact-fields": Row("              201   403   403    403     403   201    401     403", {"title": "Size", "kind": "text"}),
    "PATCH /api/v1/contact-fields/{field_id}": Row("  200   403   403    403     403   404    401     403", {"title": "Fit"}, a_contact_field),
    "DELETE /api/v1/contact-fields/{field_id}": Row(" 204   403   403    403     403   404    401     403", None, a_contact_field),
    "GET /api/v1/contacts/{contact_id}/export": Row("200 403  403    403     403   404    401     403", None, a_person),
    "POST /api/v1/contacts/{contact_id}/erasure": Row("200 403 403   403     403   404    401     403", None, a_person),
    "GET /api/v1/attachments/{attachment_id}": Row(" 404   404   404    404     404   404    401     404", None, a_file_nobody_sent),
    "GET /api/v1/views/counts": Row("                 200   200   200    200     200   200    401     200"),
    "GET /api/v1/search": Row("                       200   200   200    200     200   200    401     200", query={"q": "ship"}),
    "GET /api/v1/tags": Row("                         200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/waiting": Row("              200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/waiting/rows": Row("         200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/waiting/export": Row("       200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/targets": Row("              200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/resolutions/rows": Row("     200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/resolutions/export": Row("   200   200   200    200     200   200    401     200"),
    "GET /api/v1/reports/waiting/changes": Row("      422   422   422    422     422   422    401     422"),
    "GET /api/v1/reports/needs-reply": Row("          200   200   403    403     403   200    401     403"),
    "GET /api/v1/reports/needs-reply/export": Row("   200   200   403    403     403   200    401     403"),
    "GET /api/v1/needs-reply/checks": Row("           200   200   200    403     200   200    401     200"),
    "POST /api/v1/needs-reply/checks/turns": Row("    200   200   200    403     200   200    401     403"),
    "PUT /api/v1/needs-reply/checks/{message_id}": Row("409 409 204  403     404   404    401     403", {"needed": True}, a_check),
    "PUT /api/v1/needs-reply/checks/{message_id}/skipping": Row("409 409 204 403 404 404   401     403", None, a_check),
    "DELETE /api/v1/needs-reply/checks/{message_id}": Row("409 409 204 403   404   404    401     403", None, a_skipped_check),
    "PUT /api/v1/channels/{channel_id}/mission": Row("200  200   403    403     403   404    401     403", {"mission": "Service", "owner_id": None, "next_audit_on": None}, the_channel),
    "GET /api/v1/reports/channels": Row("             200   200   403    403     403   200    401     403"),
    "GET /api/v1/reports/channels/export": Row("      200   200   403    403     403   200    401     403"),
    "GET /api/v1/reports/channels/{channel_id}": Row("200   200   403    403     403   404    401     403", None, the_channel),
    "POST /api/v1/reports/channels/{channel_id}/audits": Row("201 201 403 403    403   404    401     403", {"decision": "keep"}, the_channel),
    "GET /api/v1/reports/audience": Row("             200   200   403    403     403   200    401     403"),
    "GET /api/v1/reports/competition": Row("          200   200   403    403     403   200    401     403"),
    "POST /api/v1/competitors": Row("                 201   201   403    403     403   201    401     403", {"name": "Rival Ltd"}),
    "DELETE /api/v1/competitors/{competitor_id}": Row("204  204   403    403     403   404    401     403", None, a_competitor),
    "POST /api/v1/competitors/{competitor_id}/accounts": Row("422 422 403 403     403   422    401     403", {"platform": "facebook", "asked": "rival"}, a_competitor),
    "DELETE /api/v1/competitors/{competitor_id}/accounts/{account_id}": Row("404 404 403 403 403 404 401 403", None, an_account_nobody_has),
    "GET /api/v1/reports/touch": Row("                200   200   403    403     403   200    401     403"),
    "GET /api/v1/saved-views": Row("                  200   200   200    200     200   200    401     200"),
    "POST /api/v1/saved-views": Row("                 201   201   201    201     201   201    401     422", {"name": "Late"}),
    "PATCH /api/v1/saved-views/{saved_view_id}": Row("200   200   403    403     403   404    401     403", {"name": "Hi"}, a_saved_view),
    "PUT /api/v1/saved-views/order": Row("            200   200   200    200     200   200    401     200", {"ids": []}),
    "DELETE /api/v1/saved-views/{saved_view_id}": Row("204  204   403    403     403   404    401     403", None, a_saved_view),
    "GET /api/v1/saved-replies": Row("                200   200   200    200     200   200    401     200"),
    "POST /api/v1/saved-replies": Row("               201   201   201    403     201   201    401     422", {"title": "Hello", "text": "Hello!"}),
    "PATCH /api/v1/saved-replies/{saved_reply_id}": Row("200 200 403 403     403   404    401     403", {"title": "Hi"}, a_saved_reply),
    "DELETE /api/v1/saved-replies/{saved_reply_id}": Row("204 204 403 403    403   404    401     403", None, a_saved_reply),
    "GET /api/v1/calendars": Row("                    200   200   200    200     200   200    401     200"),
    "POST /api/v1/holidays/reading": Row("200 403 403 403 403 200 401 403", {"text": ICAL, "year": 2026}),
    "GET /api/v1/holidays": Row("200 200 200 200 200 200 401 200"),
    "GET /api/v1/holidays/{country}": Row("200 200 200 200 200 200 401 200", None, a_country, query={"year": "2026"}),
    "POST /api/v1/calendars": Row("                   201   403   403    403     403   201    401     403", CALENDAR),
    "PUT /api/v1/calendars/{calendar_id}": Row("      200   403   403    403     403   404    401     403", CALENDAR, a_calendar),
    "DELETE /api/v1/calendars/{calendar_id}": Row("   204   403   403    403     403   404    401     403", None, a_calendar),
    "PUT /api/v1/channels/{channel_id}/hours": Row("  200   403   403    403     403   404    401     403", {"calendar_id": None}, the_channel),
    "GET /api/v1/languages": Row("                    200   200   200    200     200   200    401     200"),
    "GET /api/v1/sla": Row("                          200   200   200    200     200   200    401     200"),
    "PUT /api/v1/sla": Row("                          200   403   403    403     403   200    401     403", {"version": 0, "policies": [{"name": "All", "first": "1 hour"}]}),
    "POST /api/v1/sla/trial": Row("                          200   403   403    403     403   200    401     403", {"version": 0, "policies": [{"name": "All", "first": "1 hour"}]}),
    "GET /api/v1/goals": Row("                        200   200   200    200     200   200    401     200"),
    "POST /api/v1/goals/reading": Row("               200   200   200    200     422   200    401     200", {"sentence": "We will use Facebook for service and reply within 8 hours by the end of 2099"}),
    "POST /api/v1/goals": Row("                       422   422   403    403     403   422    401     403", GOAL),
    "GET /api/v1/goals/{goal_id}": Row("              200   200   200    200     404   404    401     200", None, a_goal),
    "POST /api/v1/goals/{goal_id}/what-if": Row("     200   200   200    200     404   404    401     200", {"slots": [{"days": [5], "start": "09:00", "end": "13:00"}]}, a_goal),
    "PUT /api/v1/goals/{goal_id}": Row("              422   422   403    403     403   404    401     403", GOAL, a_goal, query={"version": "1"}),
    "DELETE /api/v1/goals/{goal_id}": Row("           204   204   403    403     403   404    401     403", None, a_goal),
    "GET /api/v1/reports/wallboard": Row("            200   200   403    403     403   200    401     403"),
    "GET /api/v1/wall-links": Row("                   200   200   403    403     403   200    401     403"),
    "POST /api/v1/wall-links": Row("                  201   201   403    403     403   201    401     403", {"name": "Hall"}),
    "DELETE /api/v1/wall-links/{wall_link_id}": Row(" 204   204   403    403     403   404    401     403", None, a_wall_link),
    "GET /api/v1/wall": Row("                         404   404   404    404     404   404    404     404"),
    "GET /api/v1/teams": Row("                        200   200   200    200     200   200    401     200"),
    "POST /api/v1/teams": Row("                       201   201   403    403     403   201    401     403", TEAM),
    "PUT /api/v1/teams/{team_id}": Row("              200   200   403    403     403   404    401     403", TEAM, a_team),
    "DELETE /api/v1/teams/{team_id}": Row("           204   204   403    403     403   404    401     403", None, a_team),
    "GET /api/v1/macros": Row("                       200   200   200    200     200   200    401     200"),
    "POST /api/v1/macros": Row("                      201   201   201    403     201   201    401     422", OWN_MACRO),
    "PUT /api/v1/macros/{macro_id}": Row("            200   200   403    403     403   404    401     403", MACRO, a_macro),
    "DELETE /api/v1/macros/{macro_id}": Row("         204   204   403    403     403   404    401     403", None, a_macro),
    "POST /api/v1/conversations/{conversation_id}/macro-runs": Row("404 404 404 403 404 404   401     404", NO_MACRO, a_conversation),
    "GET /api/v1/notifications": Row("                200   200   200    200     200   200    401     403"),
    "PUT /api/v1/notifications/read": Row("           200   200   200    200     200   200    401     403", {"until": "2026-01-01T00:00:00Z"}),
    "PUT /api/v1/notifications/{notification_id}/read": Row("404 404 200 404     404   404    401     403", None, a_notification),
    "GET /api/v1/notification-settings": Row("        200   200   200    200     200   200    401     403"),
    "PATCH /api/v1/notification-settings": Row("      200   200   200    200     200   200    401     403", {"choices": {"assigned": []}}),
    "GET /api/v1/push": Row("                         200   200   200    200     200   200    401     403"),
    "PUT /api/v1/push/subscription": Row("            422   422   422    422     422   422    401     403", {"endpoint": "https://10.0.0.7/", "keys": {"p256dh": "", "auth": ""}}),
    "DELETE /api/v1/push/subscription": Row("         200   200   200    200     200   200    401     403"),
    "POST /api/v1/push/tests": Row("                  404   404   404    404     404   404    401     403"),
    "GET /api/v1/rules": Row("                        200   200   200    200     200   200    401     200"),
    "GET /api/v1/rules/vocabulary": Row("             200   200   200    200     200   200    401     200"),
    "POST /api/v1/rules": Row("                       201   201   403    403     403   201    401     403", RULE),
    "PUT /api/v1/rules/order": Row("                  200   200   403    403     403   200    401     403", {"ids": []}),
    "GET /api/v1/rules/{rule_id}": Row("              200   200   200    200     200   404    401     200", None, a_rule),
    "PUT /api/v1/rules/{rule_id}": Row("              200   200   403    403     403   404    401     403", RULE, a_rule),
    "DELETE /api/v1/rules/{rule_id}": Row("           204   204   403    403     403   404    401     403", None, a_rule),
    "POST /api/v1/rules/{rule_id}/trials": Row("      201   201   403    403     403   404    401     403", None, a_rule),
    "GET /api/v1/rules/{rule_id}/samples": Row("      200   200   200    200     200   404    401     200", None, a_rule),
    "PUT /api/v1/rules/{rule_id}/running": Row("      422   403   403    403     403   404    401     403", UNSEEN, a_rule),
    "DELETE /api/v1/rules/{rule_id}/running": Row("   200   200   403    403     403   404    401     403", None, a_rule),
    "GET /api/v1/conversations/{conversation_id}/rule-looks": Row("200 200 200 200 404 404    401     200", None, a_conversation),
    "GET /api/v1/webhooks": Row("                     200   403   403    403     403   200    401     403"),
    "POST /api/v1/webhooks": Row("                    201   403   403    403     403   201    401     403", HOOK),
    "PATCH /api/v1/webhooks/{webhook_id}": Row("      200   403   403    403     403   404    401     403", {"state": "off"}, a_webhook),
    "DELETE /api/v1/webhooks/{webhook_id}": Row("     204   403   403    403     403   404    401     403", None, a_webhook),
    "POST /api/v1/webhooks/{webhook_id}/secrets": Row("201  403   403    403     403   404    401     403", None, a_webhook),
    "POST /api/v1/webhooks/{webhook_id}/pings": Row(" 201   403   403    403     403   404    401     403", None, a_webhook),
    "GET /api/v1/webhooks/{webhook_id}/deliveries": Row("200 403  403    403     403   404    401     403", None, a_webhook),
    "POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replays": Row("201 403 403 403 403 404 401 403", None, a_webhook_delivery),
    "POST /api/v1/webhooks/{webhook_id}/replays": Row("201  403   403    403     403   404    401     403", {"since": "2026-01-01T00:00:00Z"}, a_webhook),
    "GET /api/v1/workspace": Row("                    200   200   200    200     200   200    401     200"),
    "PATCH /api/v1/workspace": Row("                  200   403   403    403     403   200    401     403", {"name": "N"}),
    "GET /api/v1/members": Row("                      200   200   200    200     200   200    401     200"),
    "PATCH /api/v1/members/{member_id}": Row("        200   403   403    403     403   404    401     403", {"role": "admin"}, a_colleague),
    "GET /api/v1/roles": Row("                        200   200   200    200     200   200    401     200"),
    "POST /api/v1/roles": Row("                       201   403   403    403     403   201    401     403", {"name": "Night shift", "rights": []}),
    "PUT /api/v1/roles/{role_id}": Row("              200   403   403    403     403   404    401     403", {"name": "Day shift", "rights": []}, a_role),
    "DELETE /api/v1/roles/{role_id}": Row("           204   403   403    403     403   404    401     403", None, a_role),
    "GET /api/v1/invitations": Row("                  200   403   403    403     403   200    401     403"),
    "POST /api/v1/invitations": Row("                 201   403   403    403     403   201    401     403", {"email": "a@b.example"}),
    "DELETE /api/v1/invitations/{invitation_id}": Row("204   403   403    403     403   404    401     403", None, an_invitation),
    "POST /api/v1/invitations/acceptance": Row("      404   404   404    404     404   404    404     404", ACCEPTANCE),
    "GET /api/v1/api-tokens": Row("                   200   403   403    403     403   200    401     403"),
    "POST /api/v1/api-tokens": Row("                  201   403   403    403     403   201    401     403", {"name": "one"}),
    "DELETE /api/v1/api-tokens/{token_id}": Row("     204   403   403    403     403   404    401     403", None, a_token),
    "GET /api/v1/audit": Row("                        200   403   403    403     403   200    401     403"),
    "GET /api/v1/audit/verbs": Row("                  200   403   403    403     403   200    401     403"),
    "GET /api/v1/audit/export": Row("                 200   403   403    403     403   200    401     403"),
    "GET /api/v1/quarantine": Row("                   200   403   403    403     403   200    401     403"),
    "POST /api/v1/quarantine/replay": Row("           200   403   403    403     403   200    401     403"),
    "GET /api/v1/restored-database": Row("            200   403   403    403     403   200    401     403"),
    "POST /api/v1/restored-database/confirmation": Row("403 403   403    403     403   403    401     403"),
    "GET /api/v1/platforms": Row("                    200   200   200    200     200   200    401     200"),
    "GET /api/v1/channels": Row("                     200   200   200    200     200   200    401     200"),
    "POST /api/v1/channels": Row("                    422   403   403    403     403   422    401     403", {"platform": "no", "fields": {}}),
    "POST /api/v1/platforms/{platform}/length": Row(" 404   404   404    404     404   404    401     404", {"action": "reply", "text": "Hi"}, a_platform_nobody_knows),
    "POST /api/v1/sign-ins": Row("                    422   403   403    403     403   422    401     403", {"platform": "no"}),
    "POST /api/v1/sign-ins/return": Row("             404   403   403    403     403   404    401     403", {"state": "unknown", "code": "c"}),
    "POST /api/v1/sign-ins/{sign_in_id}/channels": Row("404 403   403    403     403   404    401     403", {"external_ids": ["1"]}, a_sign_in_nobody_began),
    "GET /api/v1/channels/{channel_id}": Row("        200   200   200    200     404   404    401     200", None, the_channel),
    "GET /api/v1/channels/{channel_id}/templates": Row("422 422 422  403     404   404    401     422", None, the_channel),
    "PATCH /api/v1/channels/{channel_id}": Row("      200   403   403    403     403   404    401     403", {"name": "N"}, the_channel),
    "DELETE /api/v1/channels/{channel_id}": Row("     204   403   403    403     403   404    401     403", None, the_channel),
    "GET /api/v1/openapi.json": Row("                 200   200   200    200     200   200    200     200"),
    "GET /api/v1/docs": Row("                         200   200   200    200     200   200    200     200"),
    "GET /api/v1/docs/{name}": Row("                  404   404   404    404     404   404    404     404"),
    "GET /deletions/{code}": Row("                    404   404   404    404     404   404    404     404", None, a_code_nobody_was_given),
    "GET /healthz": Row("                             200   200   200    200     200   200    200     200"),
    "GET /readyz": Row("                              200   200   200    200     200   200    200     200"),
    "GET /metrics": Row("                             403   403   403    403     403   403    403     403"),
}  # fmt: skip

# What is no plain request has a test of its own.
ELSEWHERE: dict[str, str] = {}


def routes() -> Iterator[str]:
    """The whole route table of the application."""
    nowhere = Settings("postgresql://nobody@127.0.0.1/none", "redis://127.0.0.1:1", "s" * 32)
    for route in create_app(nowhere).rooms.routes:
        if isinstance(route, HTTPRoute):
            yield from (f"{method} {route.path_format}" for method in route.methods if method != "OPTIONS")
        else:
            yield f"{type(route).__name__} {route.path_format}"


def test_every_door_has_a_row_and_every_row_a_door() -> None:
    assert set(routes()) == ROWS.keys() | ELSEWHERE.keys()


def test_what_is_tested_elsewhere_is(root: Path) -> None:
    assert [where for where in ELSEWHERE.values() if not (root / where).is_file()] == []


@pytest.mark.parametrize("door", ROWS)
async def test_who_gets_in(door: str, web: Browsers, database: Database) -> None:
    row = ROWS[door]
    seen: dict[str, int] = {}
    for who in WHO:
        world, other = await World.make(database), await World.make(database, name="Other")
        client = await _client(web, world, other, who)
        named = await row.target(world) if row.target else {}
        answer = await ask(client, door, row, named)
        seen[who] = answer.status_code
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", answer.text
        if who == "other":
            _knows_nothing_of(world, named, answer)
            if answer.status_code == 404 and named:
                nobodys = await ask(client, door, row, {name: new_id() for name in named})
                assert (nobodys.status_code, nobodys.content) == (answer.status_code, answer.content)
    assert seen == row.expected()


async def _client(web: Browsers, world: World, other: World, who: str) -> httpx.AsyncClient:
    if who == "nobody":
        return web.stranger()
    if who == "program":
        return await web.program(world, world.admin)
    if who == "other":
        return await web.of(other, other.admin)
    return await web.of(world, getattr(world, who))


async def ask(client: httpx.AsyncClient, door: str, row: Row, named: dict[str, Any]) -> httpx.Response:
    method, path = door.split(" ")
    address = path.format(**{"name": "unknown.js", **named})
    url = client.base_url.copy_with(path=address)
    return await client.request(method, url, params=row.query, json=row.body, headers=row.headers)


def _knows_nothing_of(world: World, named: dict[str, Any], answer: httpx.Response) -> None:
    people = (world.admin, world.supervisor, world.agent, world.read_only, world.outsider)
    secrets: list[UUID] = [world.workspace_id, world.channel_id, *(one.id for one in people)]
    secrets += [value for value in named.values() if isinstance(value, UUID)]
    for secret in secrets:
        assert str(secret) not in answer.text
