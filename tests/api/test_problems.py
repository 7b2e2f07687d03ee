"""Whatever is wrong with a request, the answer is a sentence and a code, and nothing has happened."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import sqlalchemy.exc

from inbox.api import problems
from inbox.api.doorstep import DEEPEST_JSON, LARGEST_BODY, SLOWEST_BODY
from inbox.ground.db import Database
from inbox.ground.errors import EarshotError
from tests.api.browser import HOME, Browsers
from tests.world import World

JSON = {"Content-Type": "application/json"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem in an answer, after looking that it is one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said = msgspec.json.decode(answer.content, type=dict[str, Any])
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code), answer.text
    assert said["type"] == f"urn:earshot:problem:{code}"
    assert said["title"]
    assert said["detail"].endswith((".", "?"))
    for word in ("Traceback", "asyncpg", "msgspec", "litestar", ".py", "SELECT"):
        assert word not in answer.text
    return said


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/v1", "/api", "/api/v2/session", "/api/v1/channels/42", "/api/v1/channels/not-an-id"],
)
async def test_an_unknown_address_is_a_problem_not_a_page(path: str, web: Browsers) -> None:
    answer = await web.stranger().get(f"{HOME}{path}")
    problem(answer, 404, "not_found")


async def test_a_wrong_method_says_which_are_right(web: Browsers) -> None:
    answer = await web.stranger().put("/session")
    problem(answer, 405, "wrong_method")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "email", "is missing"),
        ({"email": "a@b.example"}, "password", "is missing"),
        ({"email": 5, "password": "x"}, "email", "must be text"),
        ({"email": "", "password": "x"}, "email", "at least 1"),
        ({"email": "a@b.example", "password": "x" * 1001}, "password", "at most 1000"),
        ({"email": "a@b.example", "password": "x", "admin": True}, "admin", "is not known here"),
        ([], "", "must be an object"),
    ],
)
async def test_which_field_is_wrong_is_said_in_plain_words(body: Any, field: str, words: str, web: Browsers) -> None:
    said = problem(await web.stranger().post("/session", json=body), 422, "invalid")
    assert [one["field"] for one in said["errors"]] == [field]
    assert words in said["errors"][0]["problem"]
    assert said["errors"][0]["problem"] in said["detail"]


async def test_fields_of_every_kind_have_their_words(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)

    async def wrong(method: str, path: str, **request: Any) -> str:
        said = problem(await admin.request(method, path, **request), 422, "invalid")
        return str(said["detail"])

    member = f"/members/{world.agent.id}"
    assert "undo_seconds must be at most 30" in await wrong("PATCH", "/workspace", json={"undo_seconds": 31})
    assert "undo_seconds must be at least 0" in await wrong("PATCH", "/workspace", json={"undo_seconds": -1})
    assert "undo_seconds must be a whole number" in await wrong("PATCH", "/workspace", json={"undo_seconds": "many"})
    assert "role is not one of the values" in await wrong("PATCH", member, json={"role": "king"})
    assert "active must be true or false" in await wrong("PATCH", member, json={"active": "perhaps"})
    assert "must be an id" in await wrong("PATCH", member, json={"channel_ids": ["one"]})
    assert "limit must be at most 200" in await wrong("GET", "/members", params={"limit": "201"})
    assert "limit must be a whole number" in await wrong("GET", "/members", params={"limit": "x"})
    assert "cursor must be an id" in await wrong("GET", "/members", params={"cursor": "x"})
    assert "time zone is not known" in await wrong("PATCH", "/workspace", json={"time_zone": "Mars/Olympus"})
    assert "time zone is not known" in await wrong("PATCH", "/workspace", json={"time_zone": "../../etc/passwd"})


@pytest.mark.parametrize("body", [b"{", b'{"email": "a', b"\xff\xfe", b"nothing", b'{"email": "\\ud800"}', b"{'a': 1}"])
async def test_bad_json_is_called_so(body: bytes, web: Browsers) -> None:
    problem(await web.stranger().post("/session", content=body, headers=JSON), 400, "bad_json")


async def test_no_body_where_one_is_needed(web: Browsers) -> None:
    problem(await web.stranger().post("/session"), 422, "invalid")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_only_json_is_read(kind: str, web: Browsers) -> None:
    answer = await web.stranger().post("/session", content=b"{}", headers={"Content-Type": kind})
    problem(answer, 415, "not_json")


async def test_a_body_is_as_deep_as_it_needs_to_be(web: Browsers) -> None:
    async def nested(depth: int) -> httpx.Response:
        body = b'{"email": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b', "password": "x"}'
        return await web.stranger().post("/session", content=body, headers=JSON)

    problem(await nested(DEEPEST_JSON), 422, "invalid")
    problem(await nested(DEEPEST_JSON + 1), 400, "bad_json")
    problem(await nested(100_000), 400, "bad_json")


async def test_brackets_in_words_are_no_depth(web: Browsers) -> None:
    body = {"email": "[{" * 100 + '"[', "password": "x"}
    said = problem(await web.stranger().post("/session", json=body), 422, "invalid")
    assert said["detail"] == "That is not an e-mail address."


async def test_a_body_is_at_most_a_mebibyte(web: Browsers) -> None:
    fitting = b'{"email": "' + b"x" * (LARGEST_BODY - 30) + b'"}'
    problem(await web.stranger().post("/session", content=fitting, headers=JSON), 422, "invalid")
    answer = await web.stranger().post("/session", content=b" " * (LARGEST_BODY + 1), headers=JSON)
    problem(answer, 413, "too_large")
    assert answer.headers["connection"] == "close"


async def test_a_body_that_never_ends_is_not_waited_for(web: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SLOWEST_BODY < 60
    monkeypatch.setattr("inbox.api.doorstep.SLOWEST_BODY", 0.05)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/session", "headers": [], "query_string": b""}
    await web.app(scope, receive, send)
    assert (sent[0]["status"], msgspec.json.decode(sent[1]["body"])["code"]) == (408, "too_slow")


@pytest.mark.parametrize("text", ["a\x00b", "\u202e\x00"])
async def test_what_postgres_cannot_hold_is_the_askers_fault(text: str, web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    said = problem(await admin.patch(f"/channels/{world.channel_id}", json={"mission": text}), 422, "invalid")
    assert "cannot be stored" in said["detail"]
    assert (await admin.get(f"/channels/{world.channel_id}")).json()["mission"] == ""


# What Postgres says, as ours


def from_sqlalchemy(cause: BaseException) -> Exception:
    """As SQLAlchemy's asyncpg dialect hands an error on."""
    middle = Exception("(translated)")
    middle.__cause__ = cause
    return sqlalchemy.exc.DBAPIError("SELECT 1", {}, middle)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (asyncpg.UniqueViolationError("x"), 409, "conflict"),
        (asyncpg.ForeignKeyViolationError("x"), 409, "conflict"),
        (asyncpg.CharacterNotInRepertoireError("x"), 422, "invalid"),
        (asyncpg.NumericValueOutOfRangeError("x"), 422, "invalid"),
        (asyncpg.DeadlockDetectedError("x"), 503, "unavailable"),
        (asyncpg.SerializationError("x"), 503, "unavailable"),
        (asyncpg.QueryCanceledError("x"), 503, "unavailable"),
        (asyncpg.LockNotAvailableError("x"), 503, "unavailable"),
        (asyncpg.IdleInTransactionSessionTimeoutError("x"), 503, "unavailable"),
        (asyncpg.TooManyConnectionsError("x"), 503, "unavailable"),
        (asyncpg.AdminShutdownError("x"), 503, "unavailable"),
        (asyncpg.InterfaceError("connection is closed"), 503, "unavailable"),
        (asyncpg.InternalClientError("cannot switch to state 11"), 503, "unavailable"),
        (ConnectionRefusedError(), 503, "unavailable"),
        (OSError("Multiple exceptions"), 503, "unavailable"),
        (TimeoutError(), 503, "unavailable"),
        (sqlalchemy.exc.TimeoutError(), 503, "unavailable"),
        (asyncpg.UndefinedTableError("x"), 500, "broken"),
        (FileNotFoundError(), 500, "broken"),
        (KeyError("x"), 500, "broken"),
        (ValueError("x"), 500, "broken"),
    ],
)
def test_errors_from_below_become_ours(error: Exception, status: int, code: str) -> None:
    for thrown in (error, from_sqlalchemy(error)) if isinstance(error, asyncpg.PostgresError) else (error,):
        found = problems.ours(thrown)
        assert (found.status, found.code) == (status, code)
        assert found.message != "x"
        assert problems.lost_a_race(thrown) == isinstance(
            error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError
        )


def test_every_refusal_of_ours_has_a_title_and_its_own_code() -> None:
    def below(kind: type[EarshotError]) -> set[type[EarshotError]]:
        return {kind, *(each for child in kind.__subclasses__() for each in below(child))}

    for kind in below(EarshotError):
        assert kind.code.replace("_", "").isalpha()
        assert kind.title
        assert 400 <= kind.status < 600
