"""The second step of signing in: one's own, and that of colleagues."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.api.lists import LONGEST, Cursor, Limit
from inbox.api.session import Secret, SessionOut, entered, half_way, visit_of
from inbox.desk import second_steps
from inbox.desk.second_steps import OwnStepOut, SecondStepsOut
from inbox.ground.crypto import Safe
from inbox.ground.db import Database, raw
from inbox.ground.settings import Settings
from inbox.people import sessions
from inbox.people.access import Agent, Right
from inbox.people.second_step import BegunOut
from inbox.people.sessions import SignedIn

AnyRequest = Request[Any, Any, State]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
ENROLLING = {"enrolling": True}


class CodeGiven(msgspec.Struct, forbid_unknown_fields=True):
    """`code`: six digits of the authenticator; where one has lost it, a recovery code."""

    code: Code


class PasswordGiven(msgspec.Struct, forbid_unknown_fields=True):
    password: Secret


class BothGiven(msgspec.Struct, forbid_unknown_fields=True):
    password: Secret
    code: Code


class EnrolledOut(msgspec.Struct):
    """The session to go on with, and the recovery codes, which are shown this once."""

    session: SessionOut
    recovery_codes: list[str]


class Requirement(msgspec.Struct, forbid_unknown_fields=True):
    required: bool


@post("/session/code", opt={"open": True}, summary="Sign in: the second step")
async def give_code(
    request: AnyRequest,
    data: JSONBody[CodeGiven],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
    settings: NamedDependency[Settings],
) -> Response[SessionOut]:
    """After the password, within five minutes. The answer sets the session's cookie; a code counts once."""
    opened = await second_steps.sign_in(
        database,
        safe,
        visit_of(request),
        half_way=request.cookies.get(sessions.HALF_WAY, ""),
        code=data.code,
    )
    answer = await entered(database, settings, opened)
    answer.cookies.append(half_way("", settings, age=0))
    return answer


@get("/session/second-step", guards=[in_a_browser], opt=ENROLLING, summary="My second step")
async def read_second_step(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> OwnStepOut:
    """Whether it is on, and how many recovery codes are left."""
    return await second_steps.own(await raw(session), agent)


@post("/session/second-step", guards=[in_a_browser], opt=ENROLLING, summary="Begin to set up a second step")
async def begin_second_step(
    request: AnyRequest,
    data: JSONBody[PasswordGiven],
    who: NamedDependency[SignedIn],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
) -> BegunOut:
    """The secret for the authenticator, as a picture and as text. It counts once a code was given."""
    return await second_steps.begin(database, safe, visit_of(request), who, password=data.password)


@post("/session/second-step/confirmation", guards=[in_a_browser], opt=ENROLLING, summary="Switch the second step on")
async def confirm_second_step(
    request: AnyRequest,
    data: JSONBody[CodeGiven],
    who: NamedDependency[SignedIn],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
    settings: NamedDependency[Settings],
) -> Response[EnrolledOut]:
    """With one right code. All other browsers are signed out, and this one goes on under a new session."""
    opened, codes = await second_steps.switch_on(database, safe, visit_of(request), who, code=data.code)
    return _with_codes(await entered(database, settings, opened), codes)


@post("/session/second-step/removal", guards=[in_a_browser], opt=ENROLLING, summary="Switch the second step off")
async def remove_second_step(
    request: AnyRequest,
    data: JSONBody[BothGiven],
    who: NamedDependency[SignedIn],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
    settings: NamedDependency[Settings],
) -> Response[SessionOut]:
    """With password and code. All other browsers are signed out, and this one goes on under a new session."""
    opened = await second_steps.switch_off(
        database, safe, visit_of(request), who, password=data.password, code=data.code
    )
    return await entered(database, settings, opened)


@post("/session/second-step/recovery-codes", guards=[in_a_browser], summary="Make new recovery codes")
async def renew_recovery_codes(
    request: AnyRequest,
    data: JSONBody[BothGiven],
    who: NamedDependency[SignedIn],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
    settings: NamedDependency[Settings],
) -> Response[EnrolledOut]:
    """Ten, shown this once; the earlier ones open nothing any more. All other browsers are signed out."""
    opened, codes = await second_steps.renew_codes(
        database, safe, visit_of(request), who, password=data.password, code=data.code
    )
    return _with_codes(await entered(database, settings, opened), codes)


@get("/second-steps", guards=[in_a_browser, needs(Right.PEOPLE)], summary="Who has a second step")
async def list_second_steps(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> SecondStepsOut:
    """Everybody who works here, and whether the workspace requires it."""
    return await second_steps.of_all(await raw(session), agent, after=cursor, limit=limit)


@put("/second-steps/requirement", guards=[in_a_browser, needs(Right.SETTINGS)], summary="Require a second step")
async def require_second_step(
    data: JSONBody[Requirement], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> SecondStepsOut:
    """Who has none is signed out, and can do nothing but set one up. API tokens are not asked."""
    await second_steps.require(session, agent, required=data.required)
    return await second_steps.of_all(await raw(session), agent, after=None, limit=LONGEST)


@delete("/second-steps/{member_id:uuid}", guards=[in_a_browser, needs(Right.PEOPLE)], summary="Reset a second step")
async def reset_second_step(
    member_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """For a colleague who lost theirs. All their browsers are signed out."""
    await second_steps.reset(session, agent, member_id)


def _with_codes(answer: Response[SessionOut], codes: list[str]) -> Response[EnrolledOut]:
    return Response(EnrolledOut(answer.content, codes), status_code=201, cookies=answer.cookies)


doors = [
    give_code,
    read_second_step,
    begin_second_step,
    confirm_second_step,
    remove_second_step,
    renew_recovery_codes,
    list_second_steps,
    require_second_step,
    reset_second_step,
]
