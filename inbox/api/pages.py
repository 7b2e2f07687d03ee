"""The browser's half of the house: hashed files that never change, and one page for every other address."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGED = Path(__file__).parent.parent / "static"
BUILT = Path(__file__).parent.parent.parent / "web" / "dist"
FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
WORTH_PACKING = ("text/", "application/javascript", "application/json", "image/svg+xml")
NOT_BUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Earshot</title>
<p>The page has not been built yet: run <code>make web</code>, then reload.</p></html>"""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent. `tag` changes with the content."""

    content: bytes
    packed: bytes | None
    media_type: str
    tag: bytes


class Page:
    """Serves the built page from the package, or from where `make web` puts it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = (folder or (PACKAGED if PACKAGED.exists() else BUILT)).resolve()
        self._kept: dict[tuple[Path, int, int], File] = {}

    async def __call__(self, scope: MutableMapping[str, Any], receive: object, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method not in ("GET", "HEAD"):
            return await _send(send, 405, b"Only GET.", [(b"allow", b"GET, HEAD")])
        given = dict(scope["headers"])
        hashed = path.startswith("/assets/")
        file = await asyncio.to_thread(self._file, path)
        if file is None and hashed:
            # An old page asks for a file of its own build: the page itself would be no answer to that.
            return await _send(send, 404, b"There is no such file.")
        if file is None:
            file = await asyncio.to_thread(self._file, "/index.html")
        if file is None:
            return await _send(send, 503, NOT_BUILT, kind=b"text/html; charset=utf-8", head=method == "HEAD")
        headers = [(b"cache-control", FOR_EVER if hashed else ASK_AGAIN), (b"etag", file.tag)]
        if given.get(b"if-none-match") == file.tag:
            return await _send(send, 304, b"", headers)
        content = file.content
        if file.packed is not None:
            headers.append((b"vary", b"accept-encoding"))
            if b"gzip" in given.get(b"accept-encoding", b""):
                content = file.packed
                headers.append((b"content-encoding", b"gzip"))
        await _send(send, 200, content, headers, kind=file.media_type.encode(), head=method == "HEAD")

    def _file(self, path: str) -> File | None:
        """The file at this address, if it lies inside the folder."""
        try:
            wanted = (self._folder / path.lstrip("/")).resolve()
            if not wanted.is_relative_to(self._folder) or not wanted.is_file() or wanted.name.startswith("."):
                return None
            state = wanted.stat()
        except (OSError, ValueError):
            return None
        key = (wanted, state.st_mtime_ns, state.st_size)
        if key not in self._kept:
            if len(self._kept) > 500:
                self._kept.clear()
            self._kept[key] = _read(wanted, f'"{state.st_mtime_ns:x}-{state.st_size:x}"'.encode())
        return self._kept[key]


def _read(path: Path, tag: bytes) -> File:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind in ("text/javascript", "application/x-javascript"):
        kind = "application/javascript"
    packed = gzip.compress(content, 9) if kind.startswith(WORTH_PACKING) and len(content) > 500 else None
    if kind.startswith("text/") or kind == "application/javascript":
        kind += "; charset=utf-8"
    return File(content, packed, kind, tag)


async def _send(
    send: Send,
    status: int,
    body: bytes,
    headers: list[tuple[bytes, bytes]] | None = None,
    *,
    kind: bytes = b"text/plain; charset=utf-8",
    head: bool = False,
) -> None:
    lines = [*(headers or [(b"cache-control", b"no-store")]), (b"content-length", b"%d" % len(body))]
    if body:
        lines.append((b"content-type", kind))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": b"" if head else body})
