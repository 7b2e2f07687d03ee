"""Where the bytes of attachments lie: a folder, or a bucket that speaks S3, by ATTACHMENTS_URL.

Called in threads: obstore's own coroutines answer from a thread of theirs, and one that answers while the interpreter
ends takes the process down with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from inbox.ground.errors import Unavailable

Result = TypeVar("Result")


class Missing(LookupError):
    """There is no such file any more."""


class Files:
    """Named by keys of ours, never by what a customer called a file."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Any = None

    async def put(self, key: str, content: bytes) -> None:
        """Keep it; the same key again replaces it. Raises Unavailable: no room, no right, no bucket."""
        await _in_a_thread(lambda: self._store().put(key, content))

    async def get(self, key: str) -> bytes:
        """The whole of it. Raises Missing, Unavailable."""

        def read() -> bytes:
            try:
                return bytes(self._store().get(key).bytes())
            except FileNotFoundError as error:
                raise Missing(key) from error

        return await _in_a_thread(read)

    async def delete(self, key: str) -> None:
        """Gone, also if it was not there. Raises Unavailable."""

        def remove() -> None:
            try:
                self._store().delete(key)
            except FileNotFoundError:
                return

        await _in_a_thread(remove)

    def _store(self) -> Any:
        if self._opened is None:
            parts = urlsplit(self._url)
            if parts.scheme == "s3":
                self._opened = S3Store.from_url(self._url)  # keys and region from the environment, as AWS names them
            else:
                folder = Path(unquote(parts.path) or "data/attachments")
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._opened = LocalStore(str(folder.absolute()))
        return self._opened


async def _in_a_thread(work: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(work)
    except (BaseError, OSError) as error:
        raise Unavailable("The place where files are kept does not answer, or is full.") from error
