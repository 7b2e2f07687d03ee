"""What customers send is fetched while its link lives, kept, and handed to those who may see it: as a file, no more."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from inbox.flow import lanes, media
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.db import Connection
from inbox.ground.files import Files
from inbox.people.access import Role
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person
from tests.api.town import Town
from tests.world import World

ANA = Person("7001", "Ana Ruiz")
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of a lamp"
SMALL = 2**20  # bytes: what fits on a disk that is nearly full, as the lines of a log do


async def sends(
    town: Town, status: int = 200, mime: str = "image/png", content: bytes = PNG, address: str = ""
) -> dict[str, Any]:
    """Ana writes with a picture; gives the message as the page has it before anything was fetched."""
    assert (await town.connect()).status_code == 201
    town.harbour.files["/cdn/lamp"] = (status, mime, content)
    await town.network.dm(ANA, text="It arrived like this", image=address or f"{town.network.url}/cdn/lamp")
    await town.network.flush()
    await split(town.world.database, platforms(), town.world.safe)
    for workspace_id, some in await lanes.busy(town.world.database):
        await lanes.work(town.world.database, platforms(), workspace_id, some)
    return await shown(town)


async def shown(town: Town) -> dict[str, Any]:
    (conversation,) = (await town.admin.get("/conversations", params={"view": "open"})).json()["items"]
    thread = (await town.admin.get(f"/conversations/{conversation['id']}")).json()
    found: dict[str, Any] = next(one for one in thread["messages"] if one["direction"] == "in")
    return found


async def fetch(town: Town, files: Files | None = None) -> int:
    """The worker's turn; gives how many changed for those who look."""
    state = town.web.app.rooms.state
    road = Road(state.database, state.bell, town.world.safe, state.outbound, platforms())
    files = files or Files(state.database.settings.attachments_url)
    return sum([await media.fetch(road, files, *one) for one in await media.due(state.database)])


async def test_a_picture_outlives_its_link(town: Town, owner: Connection) -> None:
    before = await sends(town)
    assert before["attachments"][0]["url"].startswith(town.network.url)
    seq = await owner.fetchval("SELECT max(seq) FROM event")
    assert await fetch(town) == 1
    after = await shown(town)
    address = after["attachments"][0]["url"]
    assert address.startswith("/api/v1/attachments/")
    assert after["version"] > before["version"]
    assert await owner.fetchval("SELECT name FROM event WHERE seq > $1", seq) == "message.attached"
    del town.harbour.files["/cdn/lamp"]
    got = await town.admin.get(address.removeprefix("/api/v1"))
    assert (got.status_code, got.content) == (200, PNG)
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in got.headers["content-security-policy"]
    assert await fetch(town) == 0, "once is enough"


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "application/javascript", "", "x" * 500])
async def test_what_a_browser_could_run_is_only_ever_bytes(mime: str, town: Town) -> None:
    await sends(town, mime=mime, content=b"<svg onload='alert(1)'/>")
    assert await fetch(town) == 1
    got = await town.admin.get((await shown(town))["attachments"][0]["url"].removeprefix("/api/v1"))
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"


async def test_who_may_not_see_the_channel_may_not_have_the_file(town: Town) -> None:
    await sends(town)
    await fetch(town)
    address = (await shown(town))["attachments"][0]["url"].removeprefix("/api/v1")
    blind = await town.web.of(town.world, await town.world.member(Role.AGENT, "Cleo", channel_ids=[]))
    assert (await blind.get(address)).status_code == 404
    other = await World.make(town.world.database, name="Other")
    assert (await (await town.web.of(other, other.admin)).get(address)).status_code == 404
    assert (await town.web.stranger().get(address)).status_code == 401


async def test_a_link_that_has_ended_is_said_to_be_gone(town: Town, owner: Connection) -> None:
    await sends(town, status=404)
    assert await fetch(town) == 1
    assert not (await shown(town))["attachments"][0].get("url")
    assert await owner.fetchval("SELECT state FROM attachment") == "gone"
    assert await fetch(town) == 0


async def test_a_server_that_stumbles_is_asked_again_later(town: Town, owner: Connection) -> None:
    await sends(town, status=503)
    assert await fetch(town) == 0
    assert await fetch(town) == 0, "not at once"
    town.harbour.files["/cdn/lamp"] = (200, "image/png", PNG)
    await owner.execute("UPDATE attachment SET due_at = now()")
    assert await fetch(town) == 1
    assert await owner.fetchval("SELECT tries FROM attachment") == 2


@pytest.mark.parametrize("address", ["https://xn--a/lamp.png", "https://[::1/lamp.png"])
async def test_what_lies_at_no_address_is_gone_and_holds_nobody_up(address: str, town: Town, owner: Connection) -> None:
    await sends(town, address=address)
    assert await fetch(town) == 1
    assert await owner.fetchval("SELECT state FROM attachment") == "gone"


async def test_after_eight_tries_nobody_asks_any_more(town: Town, owner: Connection) -> None:
    await sends(town, status=503)
    await owner.execute("UPDATE attachment SET tries = 7")
    assert await fetch(town) == 1
    assert await owner.fetchval("SELECT state FROM attachment") == "gone"


@contextmanager
def a_file_in_the_way(shelf: Path) -> Iterator[None]:
    """Where the folder belongs, something else lies."""
    shelf.write_text("in the way")
    try:
        yield
    finally:
        shelf.unlink()


@contextmanager
def a_full_disk(shelf: Path) -> Iterator[None]:
    """Nothing larger than SMALL can be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", [a_file_in_the_way, a_full_disk])
async def test_while_there_is_nowhere_to_keep_it_it_is_tried_again_and_nothing_else_suffers(
    trouble: Callable[[Path], AbstractContextManager[None]], town: Town, owner: Connection, tmp_path: Path
) -> None:
    picture = PNG + bytes(SMALL)
    await sends(town, content=picture)
    files = Files((tmp_path / "shelf").as_uri())
    with trouble(tmp_path / "shelf"):
        for _ in range(media.TRIES + 1):
            await owner.execute("UPDATE attachment SET due_at = now()")
            assert await fetch(town, files) == 0
    row = await owner.fetchrow("SELECT state, tries, due_at > now() AS later, reason FROM attachment")
    assert row is not None
    assert (row["state"], row["tries"], row["later"]) == ("due", 0, True)
    assert "kept" in row["reason"]
    assert (await shown(town))["text"] == "It arrived like this"
    await owner.execute("UPDATE attachment SET due_at = now()")
    assert await fetch(town, files) == 1
    assert await files.get(await owner.fetchval("SELECT key FROM attachment")) == picture


async def test_a_shelf_that_cannot_be_reached_is_not_an_empty_one(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sends(town)
    await fetch(town)
    address = (await shown(town))["attachments"][0]["url"].removeprefix("/api/v1")
    with a_file_in_the_way(tmp_path / "shelf"):
        monkeypatch.setattr(town.web.app.rooms.state, "files", Files((tmp_path / "shelf").as_uri()))
        assert (await town.admin.get(address)).status_code == 503


async def test_a_file_that_is_too_large_is_not_taken(town: Town, owner: Connection) -> None:
    await sends(town, content=b"x" * (media.LARGEST + 1))
    assert await fetch(town) == 1
    assert "25 MB" in await owner.fetchval("SELECT reason FROM attachment")


async def test_an_address_inside_our_own_network_is_never_asked(town: Town, owner: Connection) -> None:
    assert (await town.connect()).status_code == 201
    await town.network.dm(ANA, text="Look", image="http://169.254.169.254/latest/meta-data")
    await town.network.flush()
    await split(town.world.database, platforms(), town.world.safe)
    for workspace_id, some in await lanes.busy(town.world.database):
        await lanes.work(town.world.database, platforms(), workspace_id, some)
    await fetch(town)
    assert await owner.fetchval("SELECT state FROM attachment") == "due"
    assert await owner.fetchval("SELECT key FROM attachment") == ""


async def test_a_deleted_message_takes_its_files_out_of_sight(town: Town, owner: Connection) -> None:
    await sends(town)
    await fetch(town)
    address = (await shown(town))["attachments"][0]["url"].removeprefix("/api/v1")
    await owner.execute("UPDATE message SET deleted_at = now()")
    assert (await town.admin.get(address)).status_code == 404
