"""Signing in and out, and where one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import address_of, in_a_browser
from inbox.desk import lines
from inbox.ground.db import Connection, Database, raw
from inbox.ground.errors import NotSignedIn
from inbox.ground.settings import Settings
from inbox.people import accounts, sessions
from inbox.people.access import keys_of
from inbox.people.accounts import Visit
from inbox.people.sessions import Begun, Opened, SignedIn

AnyRequest = Request[Any, Any, State]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """`workspace`: its id or slug, where one belongs to several."""

    email: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
    password: Secret
    workspace: str = ""


class UserOut(msgspec.Struct):
    id: UUID
    name: str
    email: str


class WorkspaceBrief(msgspec.Struct):
    id: UUID
    name: str
    is_demo: bool
    time_zone: str


class SessionOut(msgspec.Struct):
    """Who one is, what one may do (by the keys of GET /roles), and where.

    `csrf` goes back as X-CSRF-Token with everything that changes something.

    `must_enrol`: the workspace requires a second step; nothing else is open before it is set up.
    """

    csrf: str
    user: UserOut
    workspace: WorkspaceBrief
    role: str
    rights: list[str]
    epoch: UUID
    undo_seconds: int
    must_enrol: bool = False


class BrowserOut(msgspec.Struct):
    """One browser in which one is signed in."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    address: str
    browser: str
    current: bool


class BrowserPage(msgspec.Struct):
    items: list[BrowserOut]
    next: str | None = None


class CodeAwaited(msgspec.Struct):
    """The password was right. Now a code: POST /session/code."""

    awaits: Literal["code"] = "code"


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    current: Secret
    password: Secret


@post("/session", opt={"open": True}, summary="Sign in")
async def create_session(
    request: AnyRequest,
    data: JSONBody[SignIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[SessionOut | CodeAwaited]:
    """A browser session: the answer sets its cookie. The same refusal whatever was wrong.

    202 instead of 201: the password was right, and the second step is awaited.
    """
    opened = await accounts.sign_in(
        database, visit_of(request), email=data.email, password=data.password, workspace=data.workspace
    )
    return await let_in(database, settings, opened)


@get("/session", opt={"enrolling": True}, summary="Who am I")
async def read_session(who: NamedDependency[SignedIn], session: NamedDependency[AsyncSession]) -> SessionOut:
    """Whoever the cookie or the token stands for."""
    return await _out(await raw(session), who)


@delete("/session", guards=[in_a_browser], opt={"enrolling": True}, summary="Sign out")
async def delete_session(
    who: NamedDependency[SignedIn], session: NamedDependency[AsyncSession], settings: NamedDependency[Settings]
) -> Response[None]:
    """This browser's session ends."""
    assert who.session_id is not None
    await sessions.close(await raw(session), who.session_id)
    return Response(None, status_code=204, cookies=[cookie("", settings, age=0)])


@put("/session/password", guards=[in_a_browser], status_code=201, summary="Change the password")
async def change_password(
    request: AnyRequest,
    data: JSONBody[NewPassword],
    who: NamedDependency[SignedIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[SessionOut]:
    """All other browsers are signed out, and this one goes on under a new session."""
    opened = await accounts.change_password(
        database,
        visit_of(request),
        who.agent.workspace_id,
        who.agent.id,
        current=data.current,
        fresh=data.password,
    )
    async with database.tenant(who.agent.workspace_id) as connection:
        await lines.note(connection, who.agent.workspace_id, "password_changed", by=who.agent.person)
    return await entered(database, settings, opened)


@get("/sessions", guards=[in_a_browser], summary="Where am I signed in")
async def list_sessions(who: NamedDependency[SignedIn], session: NamedDependency[AsyncSession]) -> BrowserPage:
    """One's own browsers, the last used first."""
    return BrowserPage(
        [
            BrowserOut(one.id, one.created_at, one.seen_at, one.address, one.browser, one.current)
            for one in await sessions.of_person(session, who)
        ]
    )


@delete("/sessions/{session_id:uuid}", guards=[in_a_browser], summary="Sign another browser out")
async def revoke_session(
    session_id: FromPath[UUID], who: NamedDependency[SignedIn], session: NamedDependency[AsyncSession]
) -> None:
    """One of one's own browsers; its next request is refused."""
    await sessions.revoke(session, who, session_id)
    await lines.note(await raw(session), who.agent.workspace_id, "session_ended", by=who.agent.person)


@delete("/sessions", guards=[in_a_browser], summary="Sign all other browsers out")
async def revoke_other_sessions(who: NamedDependency[SignedIn], session: NamedDependency[AsyncSession]) -> None:
    """All of one's own in this workspace but this one; their next requests are refused."""
    ended = await sessions.revoke_others(session, who)
    if ended:
        await lines.note(
            await raw(session), who.agent.workspace_id, "sessions_ended", by=who.agent.person, number=str(ended)
        )


def visit_of(request: AnyRequest) -> Visit:
    """The browser at the door."""
    return Visit(
        address=address_of(request),
        browser=request.headers.get("user-agent", ""),
        cookie=request.cookies.get(sessions.COOKIE),
    )


async def let_in(database: Database, settings: Settings, way: Opened | Begun) -> Response[SessionOut | CodeAwaited]:
    """The answer to a right password: in, or half way."""
    if isinstance(way, Begun):
        return Response(CodeAwaited(), status_code=202, cookies=[half_way(way.cookie, settings)])
    inside = await entered(database, settings, way)
    return Response(inside.content, status_code=201, cookies=inside.cookies)


async def entered(database: Database, settings: Settings, opened: Opened) -> Response[SessionOut]:
    """The answer to a browser that has just come in."""
    who = await sessions.find(database, opened.cookie)
    if who is None:
        raise NotSignedIn("You no longer belong to this workspace.")
    async with database.tenant(who.agent.workspace_id) as connection:
        out = await _out(connection, who)
    return Response(out, status_code=201, cookies=[cookie(opened.cookie, settings)])


def cookie(value: str, settings: Settings, *, age: int = int(sessions.LONGEST.total_seconds())) -> Cookie:
    """The one cookie we set. No script can read it, and no other site can make a browser write with it."""
    return Cookie(
        key=sessions.COOKIE,
        value=value,
        path="/",
        max_age=age,
        httponly=True,
        samesite="lax",
        secure=settings.secure,
    )


def half_way(value: str, settings: Settings, *, age: int = int(sessions.TO_FINISH.total_seconds())) -> Cookie:
    """Between password and code: sent to nothing but the second step, and opens nothing else."""
    return Cookie(
        key=sessions.HALF_WAY,
        value=value,
        path="/api/v1/session",
        max_age=age,
        httponly=True,
        samesite="strict",
        secure=settings.secure,
    )


async def _out(connection: Connection, who: SignedIn) -> SessionOut:
    row = await connection.fetchrow(
        """SELECT w.id, w.name, w.is_demo, w.time_zone, w.undo_seconds, h.epoch, u.email
           FROM workspace w JOIN feed_head h ON h.workspace_id = w.id LEFT JOIN "user" u ON u.id = $2
           WHERE w.id = $1""",
        who.agent.workspace_id,
        who.agent.id,
    )
    assert row is not None
    return SessionOut(
        csrf=who.csrf,
        user=UserOut(who.agent.id, who.agent.name, row["email"] or ""),
        workspace=WorkspaceBrief(row["id"], row["name"], row["is_demo"], row["time_zone"]),
        role=who.agent.role,
        rights=keys_of(who.agent.rights),
        epoch=row["epoch"],
        undo_seconds=row["undo_seconds"],
        must_enrol=who.confined,
    )


doors = [
    create_session,
    read_session,
    delete_session,
    change_password,
    list_sessions,
    revoke_session,
    revoke_other_sessions,
]
