"""Every simulated network behind a line that misbehaves, asked by its own connector over real HTTP.

async with stall("mastodon", seed=1) as here:
    act = await here.asked("Does it ship?", answer="It does!")   # somebody writes there; what we would answer
    here.line.cuts.append(Cut(40))
    outcome = await here.sends(act)
    here.written(act)                                           # how often it stands there
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from urllib.parse import urlsplit

import httpx
import msgspec

from inbox.platforms.base import (
    Account,
    Act,
    Action,
    App,
    Connector,
    ErrorClass,
    Incoming,
    Kind,
    Look,
    Outcome,
    Outgoing,
    Refused,
)
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person, Simulator
from tests.chaos.proxy import Proxy
from tests.platforms.house import Connected, Listener, account_of, served

ANSWERS = (Action.REPLY, Action.DM)


def _way(connector: Connector) -> tuple[Kind, Action] | None:
    for kind in (Kind.COMMENT, Kind.MENTION, Kind.REVIEW, Kind.DM):
        for action in connector.capabilities.actions.get(kind, []):
            if action in ANSWERS:
                return kind, action
    return None


# On some networks nobody can be answered at all.
WAYS = {name: way for name, connector in sorted(platforms().items()) if (way := _way(connector))}


@dataclass
class Stall:
    """Our account on one network. `kind` and `action`: what people write there, and how it is answered."""

    connector: Connector
    network: Simulator
    line: Proxy
    account: Account
    listener: Listener
    kind: Kind
    action: Action
    _asked: int = 0

    async def asked(self, text: str, *, answer: str) -> Outgoing:
        """Somebody new writes to us, and we hear of it; what the outbox would hand to the connector."""
        self._asked += 1
        who = Person(str(7000 + self._asked), f"Ana {self._asked}", f"ana{self._asked}")
        match self.kind:
            case Kind.COMMENT:
                wrote = await self.network.comment(who, post=await self.network.publish("New boots"), text=text)
            case Kind.MENTION:
                wrote = await self.network.mention(who, text=text)
            case Kind.REVIEW:
                wrote = await self.network.review(who, text=text, positive=False)
            case Kind.DM:
                wrote = await self.network.dm(who, text=text)
        return self._answer(await self._heard(wrote), answer)

    async def sends(self, act: Outgoing, *, patience: float = 5.0) -> Outcome:
        """Once, as the outbox does: over a call of its own, with access renewed where it has ended."""
        async with self._calling(patience) as shop:
            outcome = await shop.send(act)
            if isinstance(outcome, Refused) and outcome.error is ErrorClass.AUTH_EXPIRED:
                self.account = (await shop.signed_in()).account
                outcome = await shop.send(act)
            return outcome

    async def looks(self, act: Outgoing) -> Look:
        async with self._calling() as shop:
            return await shop.look(act)

    def written(self, act: Outgoing) -> int:
        """How often it can be read there."""
        return sum(act.text in heard.text for heard in self.network.heard)

    @asynccontextmanager
    async def _calling(self, patience: float = 5.0) -> AsyncIterator[Connected[Connector]]:
        async with httpx.AsyncClient(timeout=patience, trust_env=False, verify=False) as http:  # noqa: S501 - loopback
            shop = Connected(self.connector, http, self.account)
            shop.renews = True  # type: ignore[misc]
            yield shop

    async def _heard(self, external_id: str) -> Incoming:
        await self.network.flush()
        events = self.listener.events
        if "poll" in self.connector.capabilities.hears and not _named(events, external_id):
            async with self._calling() as shop:
                events = await shop.polled()
                self.account = shop.account
        return _named(events, external_id)[-1]

    def _answer(self, event: Incoming, text: str) -> Outgoing:
        act = Outgoing(
            action=self.action,
            kind=event.kind,
            correlation=f"inbox:{text}",
            text=text,
            target=event.external_id,
            thread=event.thread or event.parent,
            root=event.post.external_id if event.post else event.root or event.thread,
            recipient=event.thread if self.action is Action.DM else "",
            created_at=datetime.now(UTC),
            last_customer_item_at=event.at,
            target_author=event.author,
        )
        return msgspec.structs.replace(act, minted=self.connector.mint(act))


def _named(events: list[Incoming], external_id: str) -> list[Incoming]:
    return [one for one in events if one.act is Act.WROTE and one.external_id == external_id]


def _built(name: str) -> Simulator:
    module = import_module(f"inbox.platforms.{name}.simulator")
    made: type[Simulator] = next(
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Simulator) and thing.__module__ == module.__name__
    )
    return made(account="104050607080901", secrets=["one secret", "another"], title="Acme", handle="acme")


@asynccontextmanager
async def stall(name: str, *, seed: int = 0) -> AsyncIterator[Stall]:
    """Open until the end of the block."""
    connector, network = platforms()[name], _built(name)
    given = network.connection["app"]
    app = App(id=given["id"], platform=name, secrets=given["secrets"], verify_token=given["verify_token"])
    listener = Listener(connector, app)
    async with served(network.app) as url, served(listener) as hears:
        listener.url = f"{hears}/webhooks/{name}/demo"
        async with Proxy("127.0.0.1", urlsplit(url).port or 0, seed=seed) as line:
            through = f"http://127.0.0.1:{line.port}"
            network.bind(url=through, webhook_url=listener.url if "webhook" in connector.capabilities.hears else "")
            yield Stall(connector, network, line, account_of(network), listener, *WAYS[name])
            await network.flush()
            await network.close()
