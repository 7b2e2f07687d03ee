"""Where the bytes of attachments lie: a folder, or a bucket that speaks S3, by ATTACHMENTS_URL.

Called in threads: obstore's own coroutines answer from a thread of theirs, and one that answers while the interpreter
ends takes the process down with it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, S3Store


class Missing(LookupError):
    """There is no such file any more."""


class Files:
    """Named by keys of ours, never by what a customer called a file."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Any = None

    async def put(self, key: str, content: bytes) -> None:
        """Keep it; the same key again replaces it."""
        await asyncio.to_thread(lambda: self._store().put(key, content))

    async def get(self, key: str) -> bytes:
        """The whole of it. Raises Missing."""

        def read() -> bytes:
            return bytes(self._store().get(key).bytes())

        try:
            return await asyncio.to_thread(read)
        except FileNotFoundError as error:
            raise Missing(key) from error

    async def delete(self, key: str) -> None:
        """Gone, also if it was not there."""

        def remove() -> None:
            try:
                self._store().delete(key)
            except FileNotFoundError:
                return

        await asyncio.to_thread(remove)

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
