"""Every refusal, as application/problem+json: a sentence for people, a code for programs, never a stack trace."""

from __future__ import annotations

import re
import socket
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import sqlalchemy.exc
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException

from inbox.ground import logs
from inbox.ground.errors import Conflict, EarshotError, Forbidden, Invalid, NotFound, Unavailable

MEDIA_TYPE = "application/problem+json"
AGAIN = "earshot.again"  # in the scope: nothing was done, and doing it again may well work
LOST_A_RACE = ("40P01", "40001")
HELD_UP, TOO_IDLE = "55P03", "25P03"
REFUSED_ARGUMENT = "-"  # asyncpg itself would not send it

log = logs.named("doors")


class BadJson(EarshotError):
    status, code, title = 400, "bad_json", "That is not JSON"


class TooLarge(EarshotError):
    status, code, title = 413, "too_large", "Too large"


class TooSlow(EarshotError):
    status, code, title = 408, "too_slow", "Too slow"


class NotJson(EarshotError):
    status, code, title = 415, "not_json", "Only JSON is read here"


class WrongMethod(EarshotError):
    status, code, title = 405, "wrong_method", "Not in this way"


class Broken(EarshotError):
    status, code, title = 500, "broken", "Something went wrong on our side"


def answer(request: Request[Any, Any, State], error: Exception) -> Response[bytes]:
    """The one handler of everything that a door raises."""
    problem = ours(error)
    if lost_a_race(error):
        request.scope[AGAIN] = True  # type: ignore[literal-required]
    elif problem.status >= 500:
        log.error("door failed", exc_info=error, route=str(request.scope.get("path_template", "")))
    headers = {**(getattr(error, "headers", None) or {})}
    if "retry_after" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after"])
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="Earshot"'
    return Response(body(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def body(problem: EarshotError) -> bytes:
    """RFC 9457."""
    return msgspec.json.encode(
        {
            **problem.extra,
            "type": f"urn:earshot:problem:{problem.code}",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.message,
            "code": problem.code,
        }
    )


def ours(error: Exception) -> EarshotError:
    """What went wrong, as one of our own refusals."""
    if isinstance(error, EarshotError):
        return error
    if isinstance(error, ValidationException):
        return _of_fields(error)
    if isinstance(error, HTTPException):
        return _of_litestar(error)
    return _of_database(error)


def lost_a_race(error: Exception) -> bool:
    """Whether Postgres chose this transaction as the loser of a deadlock or a serialisation."""
    return _sqlstate(error) in LOST_A_RACE


# What Litestar says


def _of_litestar(error: HTTPException) -> EarshotError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("There is nothing here.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return WrongMethod("This address does not take that method.")
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge("That is more than fits into one request.")
    if error.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Forbidden("You may not do that.")
    if error.status_code == HTTPStatus.BAD_REQUEST:
        place = re.search(r"\(byte (\d+)\)", error.detail)
        return BadJson(f"The body is not valid JSON{f' (at byte {place[1]})' if place else ''}.")
    return Broken("Something went wrong on our side. It has been noted.")


def _of_fields(error: ValidationException) -> EarshotError:
    errors = []
    for one in error.extra if isinstance(error.extra, list) else []:
        name, sentence = _field(str(one.get("key", "")), str(one.get("message", "")))
        errors.append({"field": name, "problem": sentence})
    if not errors:
        return Invalid("The request is missing something, or has it in the wrong place.")
    detail = " ".join(f"{one['field'] or 'The body'} {one['problem']}." for one in errors)
    return Invalid(detail, errors=errors)


TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
    "uuid": "an id",
    "datetime": "a time such as 2026-11-24T09:30:00Z",
}


def _field(key: str, message: str) -> tuple[str, str]:
    """msgspec's words for programmers as a field and the end of a sentence about it."""
    name = key.removeprefix("data.").removeprefix("data")
    inside = re.match(r"Object (missing required|contains unknown) field `([^`]+)`", message)
    if inside:
        whole = f"{name}.{inside[2]}" if name else inside[2]
        return whole, "is missing" if inside[1] == "missing required" else "is not known here"
    if message.startswith("Missing required"):
        return name, "is missing"
    if expected := re.match(r"Expected `([^`]+)`(?: of length (\S+) (\d+)|\s?(<=?|>=?) (\S+))?", message):
        return name, _expected(expected)
    if message.startswith("Invalid enum value"):
        return name, "is not one of the values allowed here"
    if message.startswith("Invalid UUID"):
        return name, "must be an id"
    if "datetime" in message:
        return name, f"must be {TYPES['datetime']}"
    if "matching regex" in message:
        return name, "does not look as it should"
    return name, "is not as it should be"


def _expected(found: re.Match[str]) -> str:
    kinds, compared, length, sign, bound = found.groups()
    if length:
        word = {"<=": "at most", ">=": "at least", "<": "fewer than", ">": "more than", "==": "exactly"}
        return f"must have {word.get(compared, 'about')} {length} characters or entries"
    if bound:
        word = {"<=": "at most", ">=": "at least", "<": "below", ">": "above"}
        return f"must be {word[sign]} {bound}"
    known = [TYPES.get(kind.strip(), "something else") for kind in kinds.split("|")]
    return f"must be {' or '.join(dict.fromkeys(known))}"


# What Postgres says


def _of_database(error: Exception) -> EarshotError:
    state = _sqlstate(error)
    if state in LOST_A_RACE:
        return Unavailable("Too many people changed the same thing at once. Please try again.")
    if state == "23505":
        return Conflict("Somebody did the same at the same moment. Please look again.")
    if state == "23503":
        return Conflict("What this belongs to is no longer there.")
    if state.startswith("22") or state == REFUSED_ARGUMENT:
        return Invalid("Something in this cannot be stored: a character or a number that no database takes.")
    if state == HELD_UP:
        return Unavailable("Somebody else is at this very thing for too long. Nothing was changed; please try again.")
    if state[:2] in ("08", "53", "57") or state == TOO_IDLE or _is_absence(error):
        return Unavailable("The database does not answer right now. Nothing was changed; please try again.")
    return Broken("Something went wrong on our side. It has been noted.")


def _cause(error: BaseException) -> BaseException:
    """What asyncpg raised, below SQLAlchemy's two wrappings."""
    inner = getattr(error, "orig", None) or error
    return inner.__cause__ if isinstance(error, sqlalchemy.exc.DBAPIError) and inner.__cause__ else inner


def _sqlstate(error: BaseException) -> str:
    """Postgres' five letters, or REFUSED_ARGUMENT, or "" for what has nothing to do with it."""
    cause = _cause(error)
    if isinstance(cause, asyncpg.PostgresError):
        return str(cause.sqlstate or "")
    if isinstance(cause, asyncpg.InterfaceError) and isinstance(cause, ValueError):
        return REFUSED_ARGUMENT
    return ""


def _is_absence(error: BaseException) -> bool:
    cause = _cause(error)
    return (
        isinstance(
            cause,
            ConnectionError
            | TimeoutError
            | socket.gaierror
            | asyncpg.InterfaceError
            | asyncpg.InternalClientError
            | sqlalchemy.exc.TimeoutError,
        )
        or type(cause) is OSError  # several addresses were tried, and none answered
        or (isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated)
    )


HANDLERS: dict[type[Exception] | int, Any] = {Exception: answer, HTTPException: answer}
