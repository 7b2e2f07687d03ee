"""A platform asks us to forget somebody: proved by its signature, done by a worker, and told to whoever looks."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from inbox import rotate
from inbox.flow import deletions
from inbox.ground.crypto import Safe
from inbox.ground.settings import Settings
from inbox.platforms.meta.deletion import signed_request
from tests.flow.road import Road
from tests.privacy.home import Home
from tests.world import World

ANA, BO = "90017734455001", "90017734455002"
SECRET, OLDER = "0123456789abcdef", "fedcba9876543210"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def asked(user: Any = ANA, secret: str = SECRET, **more: Any) -> bytes:
    return signed_request(secret, {"algorithm": "HMAC-SHA256", "issued_at": 1_700_000_000, "user_id": user} | more)


async def knocks(home: Home, body: bytes, *, app: str = "main", platform: str = "facebook") -> httpx.Response:
    stranger = home.web.stranger()
    url = stranger.base_url.copy_with(path=f"/webhooks/{platform}/{app}/deletion")
    return await stranger.post(url, content=body, headers=FORM)


async def looks(home: Home, url: str, language: str = "en") -> httpx.Response:
    stranger = home.web.stranger()
    path = httpx.URL(url).path
    return await stranger.get(stranger.base_url.copy_with(path=path), headers={"accept-language": language})


async def worker(home: Home) -> None:
    await deletions.work(home.world.database, home.world.safe)


async def test_somebody_is_forgotten_as_the_platform_asks_and_may_look_whether_they_are(home: Home) -> None:
    await home.world.app("facebook", "main", [SECRET, OLDER])
    await home.road.says(ANA, "The zebra of Kilimanjaro, where is it?", at="09:00")
    await home.road.says(BO, "And my order?", at="09:05")
    before = await home.numbers()
    answer = await knocks(home, asked())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    told = answer.json()
    assert told.keys() == {"url", "confirmation_code"}
    assert told["url"] == f"{home.settings.base_url}/deletions/{told['confirmation_code']}"
    assert len(told["confirmation_code"]) >= 20, "nobody guesses it"

    page = await looks(home, told["url"])
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "is being worked on" in page.text
    await worker(home)
    page = await looks(home, told["url"])
    assert "was deleted on" in page.text
    assert "se borró el" in (await looks(home, told["url"], "es-ES,es;q=0.9")).text
    assert not re.search(r"<script|<style| on\w+=|90017|facebook", page.text), "no script, and never whose"
    assert "default-src 'none'" in page.headers["content-security-policy"]

    assert not await home.knows("Kilimanjaro")
    assert not await home.knows(ANA)
    assert await home.knows("And my order?")
    assert await home.numbers() == before
    assert await home.road.differences() == 0
    row = await home.owner.fetchrow("SELECT * FROM deletion_request")
    assert row is not None
    assert (row["found"], len(row["person"])) == (1, 16), "a hash, no more"
    line = await home.audit("contact_erased")
    assert (line["by"], '"asked_by": "facebook"' in line["data"]) == (None, True)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(asked(secret="guessed"), id="another's signature"),
        pytest.param(asked(secret=""), id="an empty secret"),
        pytest.param(asked()[:-2], id="cut short"),
        pytest.param(asked().replace(b"=", b"=x", 1), id="changed"),
        pytest.param(b"signed_request=.", id="nothing"),
        pytest.param(b"signed_request=" + b"\xff" * 20, id="no letters"),
        pytest.param(b"{}", id="no form"),
        pytest.param(b"", id="empty"),
        pytest.param(asked(user=None), id="nobody"),
        pytest.param(asked(user=""), id="no name"),
        pytest.param(asked(user=True), id="no id"),
        pytest.param(asked(algorithm="none"), id="an algorithm that proves nothing"),
    ],
)
async def test_what_the_platform_did_not_sign_is_refused(body: bytes, home: Home) -> None:
    await home.world.app("facebook", "main", [SECRET])
    assert (await knocks(home, body)).status_code == 403
    assert await home.owner.fetchval("SELECT count(*) FROM deletion_request") == 0


async def test_a_secret_that_was_changed_still_counts_and_an_id_may_be_a_number(home: Home) -> None:
    await home.world.app("facebook", "main", [SECRET, OLDER])
    await home.road.says(ANA, "Where is my order?", at="09:00")
    assert (await knocks(home, asked(user=int(ANA), secret=OLDER))).status_code == 200
    await worker(home)
    assert not await home.knows("Where is my order?")


async def test_who_asks_where_nothing_is_configured_or_offered_is_told_so(home: Home) -> None:
    assert (await knocks(home, asked())).status_code == 503, "the platform keeps it"
    assert (await knocks(home, asked(), platform="nowhere")).status_code == 404
    await home.world.app("bluesky", "main", [SECRET])
    assert (await knocks(home, asked(), platform="bluesky")).status_code == 403
    await home.world.app("facebook", "other", [SECRET])
    stranger = home.web.stranger()
    url = stranger.base_url.copy_with(path="/webhooks/facebook/other/deletion")
    assert (await stranger.get(url)).status_code == 405


async def test_a_code_nobody_was_given_leads_nowhere(home: Home) -> None:
    answer = await looks(home, f"{home.settings.base_url}/deletions/made-up")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_app_of_one_workspace_forgets_there_alone_and_the_installations_own_everywhere(home: Home) -> None:
    other = await Road.make(await World.make(home.world.database, name="Other"))
    for road in (home.road, other):
        await road.says(ANA, f"Where is my order at {road.account}?", at="09:00")
    await home.world.app("facebook", "main", [SECRET])
    await knocks(home, asked())
    await worker(home)
    assert not await home.knows(f"at {home.road.account}?")
    assert await home.knows(f"at {other.account}?")

    await home.owner.execute("UPDATE platform_app SET workspace_id = NULL")
    await home.road.stored(f'{{"unread": "{ANA} says: Is anybody there"'.encode())
    await home.road.placed()
    assert await home.knows("Is anybody there")
    await knocks(home, asked())
    await worker(home)
    assert not await home.knows(f"at {other.account}?")
    assert not await home.knows("Is anybody there")
    assert await other.differences() == await home.road.differences() == 0


async def test_somebody_we_never_heard_of_is_done_at_once(home: Home) -> None:
    await home.world.app("instagram", "main", [SECRET])
    told = (await knocks(home, asked(), platform="instagram")).json()
    await worker(home)
    assert "was deleted on" in (await looks(home, told["url"])).text
    assert await home.owner.fetchval("SELECT found FROM deletion_request") == 0


async def test_however_many_cannot_be_opened_the_others_are_done(home: Home) -> None:
    await home.world.app("facebook", "main", [SECRET])
    await home.owner.execute(
        """INSERT INTO deletion_request (code, platform, app_id, person, created_at)
           SELECT 'lost-' || n, 'facebook', 'main', 'sealed with another key', now() - interval '1 day'
           FROM generate_series(1, $1) n""",
        deletions.AT_ONCE + 1,
    )
    await home.road.says(ANA, "Where is my order?", at="09:00")
    await knocks(home, asked())
    await worker(home)
    assert not await home.knows("Where is my order?")


async def test_what_broke_off_is_taken_up_again(home: Home) -> None:
    await home.world.app("facebook", "main", [SECRET])
    await home.road.says(ANA, "Where is my order?", at="09:00")
    await knocks(home, asked())
    await worker(home)
    await home.owner.execute("UPDATE message SET erased = false, text = 'left over'")
    code = await home.owner.fetchval("SELECT code FROM deletion_request")
    await home.owner.execute(
        "UPDATE deletion_request SET done_at = NULL, person = $1", home.world.safe.seal(ANA, f"deletion:{code}")
    )
    await worker(home)
    assert not await home.knows("left over")


async def test_a_request_outlives_a_change_of_the_secret_key(home: Home, settings: Settings) -> None:
    await home.world.app("facebook", "main", [SECRET])
    await knocks(home, asked())
    row = await home.owner.fetchrow("SELECT code, person FROM deletion_request")
    assert row is not None
    fresh = Safe("another key, which is as long as it must be", settings.secret_key)
    await rotate._reseal(home.owner, fresh)
    kept = await home.owner.fetchval("SELECT person FROM deletion_request")
    alone = Safe("another key, which is as long as it must be")
    assert alone.open(kept, f"deletion:{row['code']}") == ANA
