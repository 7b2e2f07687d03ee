"""The built page as it is served: hashed files for ever, one page for every other address, nothing from outside."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from inbox.api.pages import Page

INDEX = "<!doctype html><title>Earshot</title>" + " " * 600


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-abc.js").write_text("export const answer = 42;" * 100)
    (folder / "earshot.svg").write_text("<svg/>")
    (folder / ".made").write_text("hidden")
    (tmp_path / "secret.txt").write_text("outside")
    (folder / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def page(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Page(built))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/inbox/mine", "/settings", "/invitation", "/apiary", "/a/b/../c", "/.made", "/.git/config"]
)
async def test_every_other_address_is_the_page(path: str, page: httpx.AsyncClient) -> None:
    answer = await page.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_packed(page: httpx.AsyncClient) -> None:
    answer = await page.get("/assets/index-abc.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "application/javascript; charset=utf-8"
    assert int(answer.headers["content-length"]) < 200
    plain = await page.get("/assets/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text


async def test_a_file_of_another_build_is_not_answered_with_the_page(page: httpx.AsyncClient) -> None:
    assert (await page.get("/assets/index-old.js")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/link.txt",
        "/assets/\x00",
    ],
)
async def test_nothing_outside_the_folder_is_given(path: str, built: Path) -> None:
    """Asked below the client, which would tidy the address up."""
    sent: list[dict[str, object]] = []

    async def send(message: object) -> None:
        sent.append(dict(message))  # type: ignore[call-overload]

    await Page(built)({"method": "GET", "path": path, "headers": []}, None, send)
    assert b"outside" not in bytes(sent[1]["body"])  # type: ignore[call-overload]
    assert sent[0]["status"] in (200, 404)


async def test_what_a_browser_has_is_not_sent_again(page: httpx.AsyncClient, built: Path) -> None:
    first = await page.get("/")
    again = await page.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (built / "index.html").write_text("<p>A new build.")
    fresh = await page.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (fresh.status_code, fresh.text) == (200, "<p>A new build.")


async def test_head_tells_the_size_and_sends_nothing(page: httpx.AsyncClient) -> None:
    answer = await page.head("/", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content, int(answer.headers["content-length"])) == (200, b"", len(INDEX))
    assert len(gzip.compress(INDEX.encode())) < len(INDEX)


async def test_the_page_is_only_read(page: httpx.AsyncClient) -> None:
    answer = await page.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_without_a_build_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(app=Page(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "The page has not been built yet: run <code>make web</code>" in answer.text
