"""A client of Graph that nobody here wrote, to drive the simulated networks with: python-facebook-api."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Told = TypeVar("Told")
library = pytest.importorskip("pyfacebook", reason="python-facebook-api is not installed")


def client(kind: str, network: Any, **more: Any) -> Any:
    """One of the library's clients, at the simulated network instead of Meta's."""
    made = getattr(library, kind)(
        app_id=network.app_id,
        app_secret=network.secrets[0],
        base_url=f"{network.url}/",
        **more,
    )
    made.session.trust_env = False
    return made


async def asking(ask: Callable[..., Told], *args: Any, **named: Any) -> Told:
    """The library waits where it stands, so it waits somewhere else."""
    return await asyncio.to_thread(ask, *args, **named)


def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let its OAuth speak to a port on this machine, without https and past any proxy."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def error() -> Any:
    """What the library raises for a Graph error."""
    return library.FacebookError
