"""What the real server does, without anything of ours: the facts on which the connector rests."""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import libipld
import pytest
import websockets

from inbox.ground.embedded import Valkey
from inbox.ground.processes import command_line, wait_until
from tests.bluesky_server import install
from tests.bluesky_server.person import Person, Ref, mention, post
from tests.bluesky_server.server import BlueskyServer

KEY = "3mabcdefghi2z"


@pytest.fixture
async def ana(bluesky_server: BlueskyServer) -> AsyncIterator[Person]:
    person = await Person.join(bluesky_server, "ana")
    yield person
    await person.close()


@pytest.fixture
async def brand(bluesky_server: BlueskyServer) -> AsyncIterator[Person]:
    person = await Person.join(bluesky_server, "brand")
    yield person
    await person.close()


async def test_a_mention_is_notified_to_whom_it_names(
    bluesky_server: BlueskyServer, ana: Person, brand: Person
) -> None:
    text = f"Olá 👋 @{brand.handle}, where is my order?"
    asked = await ana.writes(text, mentioning=brand)
    await bluesky_server.process_all()
    [told] = await brand.notifications(reasons=["mention", "reply", "quote"])
    assert (told["reason"], told["uri"], told["cid"]) == ("mention", asked.uri, asked.cid)
    assert (told["author"]["did"], told["author"]["handle"]) == (ana.did, ana.handle)
    assert told["record"]["text"] == text
    assert told["record"]["facets"] == [mention(text, brand)]


async def test_a_reply_under_a_chosen_key_is_read_back(
    bluesky_server: BlueskyServer, ana: Person, brand: Person
) -> None:
    asked = await ana.writes(f"@{brand.handle} hello", mentioning=brand)
    reply = post("It is on its way!", reply={"root": asked._asdict(), "parent": asked._asdict()})
    made = (await brand.create(reply, rkey=KEY)).raise_for_status().json()
    assert made["uri"] == f"at://{brand.did}/app.bsky.feed.post/{KEY}"
    assert (await brand.find(KEY)).json() == {"uri": made["uri"], "cid": made["cid"], "value": reply}

    await bluesky_server.process_all()
    [seen] = (await ana.get("app.bsky.feed.getPosts", uris=[made["uri"]])).json()["posts"]
    assert (seen["cid"], seen["record"]) == (made["cid"], reply)
    assert [(told["reason"], told["uri"]) for told in await ana.notifications()] == [("reply", made["uri"])]


async def test_a_key_is_taken_once(brand: Person) -> None:
    first, other = post("first"), post("other")
    made = (await brand.create(first, rkey=KEY)).json()
    again = await brand.create(first, rkey=KEY)
    assert (again.status_code, again.json()["error"]) == (500, "InternalServerError")
    assert (await brand.create(other, rkey=KEY)).status_code == 500
    assert (await brand.find(KEY)).json()["cid"] == made["cid"]


async def test_putting_where_nothing_may_be_is_safe_to_repeat(brand: Person) -> None:
    first, other = post("first"), post("other")
    made = (await brand.put(first, KEY, swapRecord=None)).json()
    assert "commit" in made
    again = await brand.put(first, KEY, swapRecord=None)
    assert (again.status_code, again.json()["cid"]) == (200, made["cid"])
    assert "commit" not in again.json()
    refused = await brand.put(other, KEY, swapRecord=None)
    assert refused.status_code == 400
    assert refused.json() == {"error": "InvalidSwap", "message": f"Record was at {made['cid']}"}
    # Without the condition it would have replaced what is there.
    assert (await brand.put(other, KEY)).json()["cid"] != made["cid"]


async def test_a_key_must_be_a_tid(brand: Person) -> None:
    refused = await brand.create(post("hello"), rkey="0190b6c8-1111-7111-8111-111111111111")
    assert (refused.status_code, refused.json()["error"]) == (400, "InvalidRequest")
    assert "Invalid TID" in refused.json()["message"]


async def test_what_never_was_and_what_is_deleted_are_both_not_found(
    bluesky_server: BlueskyServer, brand: Person
) -> None:
    absent = await brand.find(KEY)
    assert (absent.status_code, absent.json()["error"]) == (400, "RecordNotFound")
    written = await brand.writes("soon gone")
    await brand.deletes(written)
    await brand.deletes(written)
    gone = await brand.find(written.rkey)
    assert (gone.status_code, gone.json()["error"]) == (400, "RecordNotFound")
    await bluesky_server.process_all()
    assert (await brand.get("app.bsky.feed.getPosts", uris=[written.uri])).json() == {"posts": []}


async def test_a_reply_to_a_deleted_post_is_accepted(bluesky_server: BlueskyServer, ana: Person, brand: Person) -> None:
    asked = await ana.writes("never mind")
    await ana.deletes(asked)
    reply = await brand.writes("Too late", below=asked)
    await bluesky_server.process_all()
    thread = (await brand.get("app.bsky.feed.getPostThread", uri=reply.uri)).json()["thread"]
    assert thread["parent"] == {"$type": "app.bsky.feed.defs#notFoundPost", "uri": asked.uri, "notFound": True}


async def test_a_deleted_mention_vanishes_and_an_edited_one_changes(
    bluesky_server: BlueskyServer, ana: Person, brand: Person
) -> None:
    edited = await ana.writes(f"@{brand.handle} one", mentioning=brand)
    deleted = await ana.writes(f"@{brand.handle} two", mentioning=brand)
    text = f"@{brand.handle} three"
    changed = (await ana.put(post(text, facets=[mention(text, brand)]), edited.rkey)).json()
    await ana.deletes(deleted)
    await bluesky_server.process_all()
    told = [(Ref(one["uri"], one["cid"]), one["record"]["text"]) for one in await brand.notifications()]
    assert told == [(Ref(edited.uri, changed["cid"]), text)]


async def test_a_mention_in_a_reply_is_notified_once(bluesky_server: BlueskyServer, ana: Person, brand: Person) -> None:
    top = await brand.writes("We open on Monday")
    await ana.writes("At nine?", below=top)
    await ana.writes(f"@{brand.handle} or at ten?", below=top, mentioning=brand)
    await ana.writes("Look", embed={"$type": "app.bsky.embed.record", "record": top._asdict()})
    await bluesky_server.process_all()
    told = [(one["reason"], one["record"]["text"]) for one in await brand.notifications()]
    assert told == [("quote", "Look"), ("mention", f"@{brand.handle} or at ten?"), ("reply", "At nine?")]


async def test_times_are_what_the_writer_claims_unless_in_the_future(
    bluesky_server: BlueskyServer, ana: Person, brand: Person
) -> None:
    start = datetime.now(UTC)
    for claimed in ("2020-01-01T00:00:00.000Z", "2099-01-01T00:00:00.000Z"):
        await ana.writes(f"@{brand.handle} {claimed}", mentioning=brand, createdAt=claimed)
    await bluesky_server.process_all()
    future, past = [datetime.fromisoformat(one["indexedAt"]) for one in await brand.notifications()]
    assert past == datetime(2020, 1, 1, tzinfo=UTC)
    assert start.replace(microsecond=0) <= future <= datetime.now(UTC)


async def test_a_page_may_be_short_and_loses_what_shares_its_last_time(
    bluesky_server: BlueskyServer, ana: Person, brand: Person
) -> None:
    for number in range(3):
        await ana.writes(f"@{brand.handle} {number}", mentioning=brand, createdAt="2026-01-01T00:00:00.000Z")
    own = await brand.writes("ours")
    like = {"$type": "app.bsky.feed.like", "subject": own._asdict(), "createdAt": "2026-02-01T00:00:00.000Z"}
    (await ana.create(like, collection="app.bsky.feed.like")).raise_for_status()
    await bluesky_server.process_all()
    asked = {"priority": "false", "limit": 2, "reasons": ["mention"]}
    page = (await brand.get("app.bsky.notification.listNotifications", **asked)).json()
    assert (len(page["notifications"]), page["cursor"]) == (1, "2026-01-01T00:00:00.000Z")
    rest = (await brand.get("app.bsky.notification.listNotifications", cursor=page["cursor"], **asked)).json()
    assert rest["notifications"] == []
    assert len(await brand.notifications(reasons=["mention"])) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a" * 301, "grapheme too big (maximum 300, got 301)", id="graphemes"),
        pytest.param("👨‍👩‍👧‍👦" * 121, "string too big (maximum 3000, got 3025)", id="bytes"),
    ],
)
async def test_a_long_text_is_refused(brand: Person, text: str, said: str) -> None:
    refused = await brand.create(post(text))
    assert refused.status_code == 400
    assert refused.json() == {
        "error": "InvalidRequest",
        "message": f"Invalid app.bsky.feed.post record: {said} at $.record.text",
    }


async def test_a_token_is_expired_invalid_or_missing(bluesky_server: BlueskyServer, brand: Person) -> None:
    answers = []
    for token in (f"Bearer {bluesky_server.expired_token(brand.did)}", "Bearer garbage", ""):
        brand.http.headers["authorization"] = token
        read, write = await brand.get("app.bsky.notification.listNotifications"), await brand.create(post("hello"))
        assert (read.status_code, read.json()) == (write.status_code, write.json())
        answers.append((read.status_code, read.json()["error"]))
    assert answers == [(400, "ExpiredToken"), (400, "InvalidToken"), (401, "AuthMissing")]


def session_of(token: str) -> str:
    """The name a token's session bears: two tokens of one session differ as soon as a second passes between them."""
    payload = token.split(".")[1]
    name: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]
    return name


async def test_a_refresh_may_be_repeated_until_the_session_ends(brand: Person) -> None:
    async def refresh(token: str) -> tuple[int, dict[str, str]]:
        brand.http.headers["authorization"] = f"Bearer {token}"
        response = await brand.http.post("com.atproto.server.refreshSession")
        return response.status_code, response.json()

    first = (await brand.sign_in()).json()["refreshJwt"]
    _, once = await refresh(first)
    status, twice = await refresh(first)
    assert status == 200
    assert session_of(once["refreshJwt"]) == session_of(twice["refreshJwt"]) != session_of(first)
    brand.http.headers["authorization"] = f"Bearer {once['refreshJwt']}"
    (await brand.http.post("com.atproto.server.deleteSession")).raise_for_status()
    ended = (400, {"error": "ExpiredToken", "message": "Token has been revoked"})
    assert await refresh(once["refreshJwt"]) == ended


async def test_signing_in_tells_how_often_it_may_be_done(brand: Person) -> None:
    answer = await brand.sign_in("wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "AuthenticationRequired")
    assert (answer.headers["ratelimit-policy"], answer.headers["ratelimit-limit"]) == ("30;w=300", "30")
    assert int(answer.headers["ratelimit-reset"]) > datetime.now(UTC).timestamp()
    await asyncio.gather(*(brand.sign_in("wrong") for _ in range(int(answer.headers["ratelimit-remaining"]))))
    refused = await brand.sign_in()
    assert (refused.status_code, refused.json()["error"]) == (429, "RateLimitExceeded")
    assert 0 < int(refused.headers["retry-after"]) <= 300


async def test_the_firehose_tells_when_it_really_happened(bluesky_server: BlueskyServer, ana: Person) -> None:
    start = datetime.now(UTC)
    address = bluesky_server.pds_url.replace("http", "ws", 1) + "/xrpc/com.atproto.sync.subscribeRepos"
    async with websockets.connect(address, max_size=None) as firehose:
        written = await ana.writes("hello", createdAt="2020-01-01T00:00:00.000Z")
        async for frame in firehose:
            assert isinstance(frame, bytes)
            header, body = libipld.decode_dag_cbor_multi(frame)
            # Even asked for no past, it begins with events of a moment ago.
            if header == {"op": 1, "t": "#commit"} and body["repo"] == ana.did and body["ops"]:
                break
    [operation] = body["ops"]
    assert (operation["action"], operation["path"]) == ("create", f"app.bsky.feed.post/{written.rkey}")
    assert start.replace(microsecond=0) <= datetime.fromisoformat(body["time"]) <= datetime.now(UTC)
    _, blocks = libipld.decode_car(body["blocks"])
    assert blocks[operation["cid"]]["text"] == "hello"


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux lists its sockets in /proc")
def test_it_is_reached_from_this_machine_alone(bluesky_server: BlueskyServer) -> None:
    sockets = set[str]()
    for entry in Path(f"/proc/{bluesky_server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            sockets.add(os.readlink(entry))
    listening = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[column] for column in (1, 3, 9))
            if f"socket:[{inode}]" in sockets and (state == "0A" or table.startswith("udp")):
                listening.append(local.partition(":")[0])
    assert len(listening) >= 5
    assert set(listening) == {"0100007F"}  # 127.0.0.1


def test_it_speaks_to_nobody_else(bluesky_server: BlueskyServer) -> None:
    loopback = Path(install.__file__).with_name("loopback.mjs")
    asks = "fetch('http://192.0.2.1/').catch((error) => console.log(error.cause.message))"
    done = subprocess.run([install.ensure(), "--import", loopback, "-e", asks], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "a test server does not speak to 192.0.2.1"


STARTS = """
import asyncio, sys
from pathlib import Path
from tests.bluesky_server.server import BlueskyServer

async def main():
    server = await BlueskyServer.start(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_it_ends_with_whoever_started_it(
    bluesky_server: BlueskyServer, template_url: str, valkey: Valkey, tmp_path: Path, root: Path
) -> None:
    arguments = [sys.executable, "-c", STARTS, str(tmp_path), template_url, valkey.url]
    with subprocess.Popen(arguments, cwd=root, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        assert "start.mjs" in command_line(pid)
        starter.send_signal(signal.SIGKILL)
    assert wait_until(lambda: "start.mjs" not in command_line(pid), seconds=10)


def test_where_it_cannot_be_had_the_failing_step_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path(install.__file__).with_name(name), tmp_path)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(install.NotInstallableError) as refused:
        install.ensure(tmp_path)
    said = str(refused.value)
    assert said.startswith("The real Bluesky server could not be installed here: npm ci failed: code ECONNREFUSED")
    assert "\n" not in said
