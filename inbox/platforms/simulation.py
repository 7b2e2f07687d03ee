"""What the simulated networks have in common. Imported by `inbox demo` and the tests alone.

A simulator is a small server that speaks one network's own HTTP: the real connector cannot tell it from the network.
The cast of the demo, and the tests, move its people through the verbs below; what our side posts reaches `heard`.

    network = Simulator(account="1040", secrets=["..."])
    comment = await network.comment(Person("7001", "Ana Ruiz"), post="900", text="Does it ship to Portugal?")
    network.mischief.fail_after_posting = 1     # the next write is done, and answered with a 502
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True)
class Person:
    """Somebody on the simulated network."""

    external_id: str
    name: str
    handle: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Heard:
    """Something our account did on the network, as the network saw it. `action` as in base.Action."""

    action: str
    external_id: str
    text: str = ""
    target: str = ""  # the item it answers or acts on
    recipient: str = ""  # the person it reaches, as far as the network knows
    correlation: str = ""


@dataclass
class Mischief:
    """How the network misbehaves. Counters apply to that many next requests; the rest until set back.

    `statuses`: answers for the next writes, each a (status, headers, body) given before anything is done.
    """

    duplicate: int = 1  # each webhook is sent this often
    shuffle: bool = False  # webhooks leave in random order
    batch: int = 1  # events a webhook delivery holds
    slow: float = 0.0  # seconds before each answer
    fail_after_posting: int = 0  # done, then answered 502
    hang_after_posting: int = 0  # done, then the connection is cut without an answer
    refuse: int = 0  # the connection is cut before anything is done
    garble: int = 0  # done, then a 200 nobody can read
    statuses: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    token_revoked: bool = False
    mute: bool = False  # posts nothing to the webhook address: what happens is found by polling alone
    echo_first: bool = False  # the webhook echo of a write leaves before the write is answered


class Simulator(ABC):
    """One simulated network holding one account of ours. `app` is an ASGI application for uvicorn."""

    name: ClassVar[str]
    app: Any
    mischief: Mischief
    heard: list[Heard]
    listeners: list[Callable[[Heard], Awaitable[None]]]

    @abstractmethod
    def __init__(
        self, *, account: str, secrets: Sequence[str], title: str, handle: str, remembers_more: bool = False
    ) -> None:
        """`account`: digits. `secrets`: two, from which everything secret about this network follows, so that it is
        the same when it is started again. `remembers_more`: answers to items it has forgotten are taken if they can be.
        """

    @property
    @abstractmethod
    def connection(self) -> dict[str, Any]:
        """What `inbox demo` needs to connect a channel: external_id, name, handle, credentials, settings (with
        {"api_url": ...} filled by `bind`), app {id, secrets, verify_token}, cursor."""

    @abstractmethod
    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told once listening: its own address, and where Earshot takes webhooks ("" for none)."""

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """Our brand posts something people can comment on. Gives its external id. Makes no event for us."""
        raise NotImplementedError(f"{self.name} has no posts")

    async def publish_as(self, who: Person, text: str, *, at: datetime | None = None) -> str:
        """Another brand posts something people can comment on; it answers them by `comment`. Gives its external id."""
        raise NotImplementedError(f"{self.name} has no other brands")

    def known_as(self, who: Person) -> str:
        """The handle under which anybody can look them up."""
        raise NotImplementedError(f"{self.name} has no other brands")

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """Somebody writes below our post, or below another comment. Gives its external id."""
        raise NotImplementedError(f"{self.name} has no comments")

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """Somebody names our account in a post of their own."""
        raise NotImplementedError(f"{self.name} has no mentions")

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """Somebody writes to us privately. Raises NotImplementedError where the network has no such thing."""
        raise NotImplementedError(f"{self.name} has no private messages here")

    async def review(self, who: Person, *, text: str, positive: bool, at: datetime | None = None) -> str:
        """Somebody reviews us."""
        raise NotImplementedError(f"{self.name} has no reviews")

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """The author changes what they wrote."""
        raise NotImplementedError(f"on {self.name} nothing can be changed")

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """The author takes it away."""
        raise NotImplementedError(f"on {self.name} nothing can be taken back")

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague answers `target` in the platform's own app (or, with `app_id`, through another tool)."""
        raise NotImplementedError(f"{self.name} has no app of its own")

    def tells_of_answers(self, target: str) -> bool:
        """Whether our side can hear at all of what a colleague answers to this in the platform's own app."""
        return True

    @abstractmethod
    def keep(self) -> bytes:
        """Everything it remembers, to go on from when it is started again."""

    @abstractmethod
    def recall(self, kept: bytes) -> None:
        """Go on from what `keep` gave. Makes no event."""

    async def close(self) -> None:
        """Let go of connections."""
        return None

    @abstractmethod
    async def flush(self) -> None:
        """Wait until every webhook that is due has been delivered or given up."""

    async def forge(self, *, signature: str | None) -> int:
        """Send a webhook this network never signed (None: unsigned). Gives the HTTP status it was answered with."""
        raise NotImplementedError(f"{self.name} sends no webhooks")
