"""A small Bluesky in memory: its people write, our account answers over HTTP, and it can misbehave.

network = BlueskySimulator(secrets=["app password"])
boots = await network.publish("New boots")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=boots, text="Which sizes?")
"""

import asyncio
import secrets as chance
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action
from inbox.platforms.bluesky import keys, records, richtext
from inbox.platforms.bluesky.simulator_doors import Doors, Wrote
from inbox.platforms.bluesky.simulator_network import Network, stamp
from inbox.platforms.bluesky.simulator_sessions import Sessions
from inbox.platforms.reading import part, words
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator


class BlueskySimulator(Simulator):
    """Bluesky with one account of ours and as many others as speak, without private messages or reviews.

    `secrets`: our app password, then the key that signs tokens; random where not given. `bind` puts the address into
    the settings `service` and `directory`. `mischief.duplicate` and `mute` hold for the stream; `shuffle`, `batch` and
    `echo_first` have nothing to act on, for this network sends no webhooks.
    """

    name = "bluesky"

    def __init__(
        self,
        *,
        account: str = "our-shop",
        title: str = "Alder & Finch",
        handle: str = "alder-finch.bsky.social",
        secrets: Sequence[str] = (),
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more` changes nothing: a post that this network does not hold cannot be replied to."""
        self.mischief = Mischief()
        self.heard, self.listeners = [], []
        self.network = Network()
        self.sessions = Sessions(self.network, self.mischief, secrets[1] if len(secrets) > 1 else chance.token_hex(16))
        self.app = Doors(self.network, self.sessions, self.mischief, self._wrote)
        self.did = self.network.join(Person(account, title, handle))
        self.password = secrets[0] if secrets else "-".join(chance.token_hex(2) for _ in range(4))
        self.sessions.passwords[self.did] = self.password
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> dict[str, Any]:
        us = self.network.people[self.did]
        return {
            "external_id": self.did,
            "name": us.name,
            "handle": us.handle,
            "credentials": {"handle": us.handle, "app_password": self.password},
            "settings": {
                "service": self.sessions.url,
                "directory": self.sessions.url,
                "poll_seconds": 2,
                "tend_seconds": 5,
            },
            "app": {"id": "", "secrets": [], "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        self.sessions.url = url.rstrip("/")

    # What people do

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        return await self._post(self.did, text, at)

    async def publish_as(self, who: Person, text: str, *, at: datetime | None = None) -> str:
        return await self._post(self.network.join(who), text, at)

    def known_as(self, who: Person) -> str:
        return self.network.people[self.network.join(who)].handle

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        return await self._post(self.network.join(who), text, at, parent=parent or post)

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        ours = "@" + self.network.people[self.did].handle
        return await self._post(self.network.join(who), text if ours in text else f"{ours} {text}", at)

    async def quote(self, who: Person, *, post: str, text: str, at: datetime | None = None) -> str:
        """Somebody shows a post of ours inside one of their own. Gives its external id."""
        return await self._post(self.network.join(who), text, at, quoting=post)

    async def like(self, who: Person, *, post: str, at: datetime | None = None) -> str:
        """Somebody likes a post. Gives the like's address."""
        did = self.network.join(who)
        record = {"$type": keys.LIKE, "subject": self.network.records[post].link, "createdAt": stamp(at or clock.now())}
        return self.network.write(did, keys.LIKE, self.network.key(at), record, at).uri

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        did, collection, key = keys.split(external_id)
        record = {**self.network.records[external_id].record, "text": text}
        self.network.write(did, collection, key, record, at)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        self.network.remove(external_id, at)

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        return await self._post(self.did, text, at, parent=target)

    def keep(self) -> bytes:
        return self.network.keep()

    def recall(self, kept: bytes) -> None:
        self.network.recall(kept)

    async def flush(self) -> None:
        """There are no webhooks to wait for."""

    async def forge(self, *, signature: str | None) -> int:
        raise NotImplementedError("bluesky sends no webhooks")

    def account_of(self, who: Person) -> tuple[str, str]:
        """The handle and password with which an independent client can act as this person."""
        did = self.network.join(who)
        self.sessions.passwords.setdefault(did, chance.token_hex(8))
        return self.network.people[did].handle, self.sessions.passwords[did]

    async def _post(self, did: str, text: str, at: datetime | None, *, parent: str = "", quoting: str = "") -> str:
        record: dict[str, Any] = {"$type": keys.POST, "text": text, "createdAt": stamp(at or clock.now())}
        record["langs"] = [self.network.people[did].language]
        if parent:
            above = self.network.records[parent]
            root = part(above.record, "reply", "root") or above.link
            record["reply"] = {"root": root, "parent": above.link}
        if quoting:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": self.network.records[quoting].link}
        if facets := await richtext.facets(text, self._resolve):
            record["facets"] = facets
        return self.network.write(did, keys.POST, self.network.key(at), record, at).uri

    async def _resolve(self, handle: str) -> str:
        return self.network.handles.get(handle, "")

    # What our side does

    def _wrote(self, act: Wrote) -> None:
        if act.did != self.did:
            return
        heard = self._in_words(act)
        self.heard.append(heard)
        for listener in self.listeners:
            telling = asyncio.ensure_future(listener(heard))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    def _in_words(self, act: Wrote) -> Heard:
        _, collection, key = keys.split(act.uri)
        if collection == keys.LIKE:
            action = Action.UNLIKE if act.removed else Action.LIKE
            target = words(part(act.record, "subject", "uri"))
        elif act.removed:
            action, target = Action.DELETE, act.uri
        else:
            action, target = Action.REPLY, records.parent_of(act.record)
        reached = self.network.people.get(keys.owner(target))
        return Heard(
            action=str(action),
            external_id=act.uri,
            text=words(act.record.get("text")),
            target=target,
            recipient=reached.external_id if reached else "",
            correlation=key,
        )
