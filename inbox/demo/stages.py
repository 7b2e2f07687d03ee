"""A simulated network with what the cast knows of it, served on its port, and kept on disk between two starts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID

import msgspec
import uvicorn

from inbox.demo.workspace import BRAND, HANDLE
from inbox.ground.settings import CannotStart, Settings
from inbox.platforms.base import Action, Kind
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Simulator


class Ask(msgspec.Struct, frozen=True):
    """Something a customer wrote and has no answer to. `who`: their id on the network. `below`: what began its thread,
    on a network of one level the one address of every answer there."""

    external_id: str
    who: str
    kind: Kind
    topic: str
    at: datetime
    below: str = ""


class Notes(msgspec.Struct):
    """What the cast remembers of one network. `posts`: the brand's, oldest first. `past`: whether it is all told."""

    channel: str = ""
    posts: list[str] = []
    asks: list[Ask] = []
    past: bool = False


class Kept(msgspec.Struct):
    """One file."""

    notes: Notes
    network: bytes


class Stage:
    """One network on which the cast plays."""

    def __init__(self, name: str, network: Simulator, folder: Path) -> None:
        self.name, self.network = name, network
        self.notes = Notes()
        self.hears_webhooks = False
        self.unheard: Counter[Kind] = Counter()  # begun where no answer of a colleague's reaches us
        self.hands_off: set[str] = set()  # asks that only whoever looks at the demo may answer
        capabilities = platforms()[name].capabilities
        self.kinds = list(capabilities.kinds)
        self.answerable = {kind for kind, actions in capabilities.actions.items() if actions}
        self.has_posts = Kind.COMMENT in self.kinds and type(network).publish is not Simulator.publish
        self.tells_its_past = capabilities.back_fill_days > 0  # to whoever asks; else webhooks alone bring anything
        self.longest = capabilities.text_limits.get(Action.REPLY, 2000)
        self._file = folder / f"{name}.kept"
        self._saved = b""

    @property
    def channel(self) -> UUID:
        """The channel that hears this network."""
        return UUID(self.notes.channel)

    def closes(self, *, target: str = "", who: str = "") -> Ask | None:
        """Somebody of ours answered: whoever asked there waits no more, and is given; None if nobody had asked.

        Where whoever began has an answer already, it is for the first who joined in below.
        """
        asks = self.notes.asks
        meant = next((ask for ask in asks if ask.external_id == target), None)
        meant = meant or next((ask for ask in asks if ask.kind is Kind.DM and ask.who == who), None)
        meant = meant or next((ask for ask in asks if target and ask.below == target), None)
        private = {who, meant.who} if meant else {who}
        self.notes.asks = [ask for ask in asks if ask is not meant and not (ask.kind is Kind.DM and ask.who in private)]
        return meant

    def recall(self, channel: str) -> bool:
        """Go on from the last start; False where there was none for this channel."""
        try:
            kept = msgspec.msgpack.decode(self._file.read_bytes(), type=Kept)
        except (OSError, msgspec.DecodeError):
            return False
        if kept.notes.channel != channel:
            return False
        self.notes = kept.notes
        self.network.recall(kept.network)
        return True

    def save(self) -> None:
        """Keep everything, if anything is new."""
        raw = msgspec.msgpack.encode(Kept(self.notes, self.network.keep()))
        if raw != self._saved:
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_bytes(raw)
            fresh.replace(self._file)
            self._saved = raw


def build(settings: Settings, name: str) -> Stage:
    """The simulator of a platform, the same for the same installation."""
    module = import_module(f"inbox.platforms.{name}.simulator")
    kind = next(
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Simulator) and thing.__module__ == module.__name__
    )
    network = kind(
        account=str(10**14 + int(_secret(settings, name, "account")[:11], 16)),
        secrets=[_secret(settings, name, "first"), _secret(settings, name, "second")],
        title=BRAND,
        handle=HANDLE,
        remembers_more=True,
    )
    return Stage(name, network, settings.data_dir / "demo")


def _secret(settings: Settings, name: str, what: str) -> str:
    """Follows from the installation's own secret, so there is nothing more to keep."""
    return hmac.new(settings.secret_key.encode(), f"demo {name} {what}".encode(), hashlib.sha256).hexdigest()[:40]


class Server(uvicorn.Server):
    """A server among others of one process, which hears no signals itself and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@asynccontextmanager
async def serving(stage: Stage, port: int) -> AsyncIterator[str]:
    """The network on 127.0.0.1; gives its address. Raises CannotStart where the port is taken."""
    # With the protocol named: asyncio turns Nagle's 40 ms off only for sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise CannotStart(f"Port {port} is taken: the demo of this house runs already.") from None
    config = uvicorn.Config(
        stage.network.app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=2
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.listens.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        await stage.network.close()
