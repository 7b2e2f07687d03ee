"""Somebody on the real server, speaking to it with nothing of ours in between."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from tests.bluesky_server.server import Account, BlueskyServer

POST = "app.bsky.feed.post"


class Ref(NamedTuple):
    """What names one version of one record."""

    uri: str
    cid: str

    @property
    def rkey(self) -> str:
        return self.uri.rpartition("/")[2]


class Person:
    """An account with an open session.

    ana = await Person.join(server, "ana")
    ref = await ana.writes("where is my order?", mentioning=brand)
    await ana.close()
    """

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http = http
        self.account = account
        self.did, self.handle = account.did, account.handle

    @classmethod
    async def join(cls, server: BlueskyServer, name: str) -> "Person":
        """Make an account and open its session."""
        account, session = await server.sign_up(name)
        http = httpx.AsyncClient(base_url=f"{server.pds_url}/xrpc/", timeout=30)
        http.headers["authorization"] = f"Bearer {session['accessJwt']}"
        return cls(http, account)

    async def close(self) -> None:
        await self.http.aclose()

    async def sign_in(self, password: str | None = None) -> httpx.Response:
        told = {"identifier": self.handle, "password": password or self.account.password}
        return await self.http.post("com.atproto.server.createSession", json=told)

    async def get(self, method: str, **params: Any) -> httpx.Response:
        return await self.http.get(method, params=params)

    async def create(self, record: dict[str, Any], *, rkey: str | None = None, **more: Any) -> httpx.Response:
        return await self.http.post("com.atproto.repo.createRecord", json=self._place(record, rkey) | more)

    async def put(self, record: dict[str, Any], rkey: str, **more: Any) -> httpx.Response:
        return await self.http.post("com.atproto.repo.putRecord", json=self._place(record, rkey) | more)

    async def find(self, rkey: str) -> httpx.Response:
        """Ask for a post of one's own."""
        return await self.get("com.atproto.repo.getRecord", repo=self.did, collection=POST, rkey=rkey)

    async def deletes(self, ref: Ref) -> None:
        told = {"repo": self.did, "collection": POST, "rkey": ref.rkey}
        (await self.http.post("com.atproto.repo.deleteRecord", json=told)).raise_for_status()

    async def writes(
        self, text: str, *, mentioning: "Person | None" = None, below: Ref | None = None, **more: Any
    ) -> Ref:
        """Post `text`, its first @handle of `mentioning` made a mention, as a reply to the top post `below`."""
        record = post(text, **more)
        if mentioning:
            record["facets"] = [mention(text, mentioning)]
        if below:
            record["reply"] = {"root": below._asdict(), "parent": below._asdict()}
        response = (await self.create(record)).raise_for_status().json()
        return Ref(response["uri"], response["cid"])

    async def notifications(self, **params: Any) -> list[dict[str, Any]]:
        """What the AppView tells, newest first, through the PDS."""
        told = {"priority": "false", "limit": 100} | params
        found = (await self.get("app.bsky.notification.listNotifications", **told)).raise_for_status()
        notifications: list[dict[str, Any]] = found.json()["notifications"]
        return notifications

    def _place(self, record: dict[str, Any], rkey: str | None) -> dict[str, Any]:
        return {"repo": self.did, "collection": POST, "record": record} | ({"rkey": rkey} if rkey else {})


def post(text: str, **more: Any) -> dict[str, Any]:
    """A post as a client writes it, now."""
    return {"$type": POST, "text": text, "createdAt": timestamp(datetime.now(UTC)), **more}


def mention(text: str, person: Person) -> dict[str, Any]:
    """The facet that makes the first @handle of `person` in `text` a mention; offsets are UTF-8 bytes."""
    start = text.encode().index(f"@{person.handle}".encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(person.handle) + 1},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": person.did}],
    }


def timestamp(at: datetime) -> str:
    """UTC with milliseconds and a Z, as the official clients write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
