"""What is found, handed over once: new things with what lies around them, and a note to look at them again."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from inbox.platforms.base import Act, Incoming, Kind, Unreadable
from inbox.platforms.reading import part, words
from inbox.platforms.reddit import normalising, rereading
from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.reading import COMMENT, POST, fullname, gone, post_of
from inbox.platforms.reddit.rereading import Watched
from inbox.platforms.reddit.sweeping import Child, Sweep
from inbox.platforms.reddit.things import children

SEEN, WATCHED, MENTIONS = 1500, 100, 50
HANDFUL = 25  # things in a payload, so that one that cannot be read takes few with it
MORE = "more"
NOTHING: Mapping[str, Any] = MappingProxyType({})
CONTEXT = (
    *("name", "author", "parent_id", "title", "permalink", "created_utc", "locked", "archived", "post_hint"),
    *("selftext", "url_overridden_by_dest", "media_metadata"),
)


class Below(msgspec.Struct, frozen=True, array_like=True):
    """How many comments one of our posts had when they were read, and when that was (ISO)."""

    count: int
    at: str


class Cursor(msgspec.Struct, omit_defaults=True):
    """What a poll remembers. `seen`: names handed over lately; `watched`: the newest, looked at again.

    `todo`: steps left in this round; `posts`: what stands below each of our posts; `mentions`: the newest, each with
    its post, whose answers are read; `mail`: conversations, when last changed; `asked`: calls of this round; `rest`:
    seconds they must last for; `start`: before it nothing is told.
    """

    start: str = ""
    todo: list[str] = []
    sweeps: dict[str, Sweep] = {}
    seen: list[str] = []
    watched: list[Watched] = []
    posts: dict[str, Below] = {}
    mentions: list[str] = []
    mail: dict[str, str] = {}
    tended: str = ""
    deep: str = ""
    overlap: float = 0.0
    asked: int = 0
    rest: float = 0.0


class Hands:
    """Hands things over, for one poll."""

    def __init__(self, api: Api, cursor: Cursor, home: list[str]) -> None:
        self.api, self.cursor, self.home = api, cursor, home

    async def over(
        self, found: Sequence[Child], *, back_filling: bool = False, beside: Mapping[str, Any] = NOTHING
    ) -> list[dict[str, Any]]:
        """What was not handed over before, oldest first. What is gone already was never heard, so it is not told."""
        known, fresh = set(self.cursor.seen), list[Child]()
        for kind, data in _flat(found):
            name = fullname(data.get("name"))
            if name and kind != MORE and name not in known and gone(kind, data) is None:
                known.add(name)
                fresh.append({"kind": kind, "data": {**data, "replies": ""}})
        fresh.reverse()
        names = [str(child["data"]["name"]) for child in fresh]
        # A back-fill goes backwards in time: what it finds is older than all it has found.
        self.cursor.seen = (names + self.cursor.seen if back_filling else self.cursor.seen + names)[-SEEN:]
        payloads: list[dict[str, Any]] = []
        for place in range(0, len(fresh), HANDFUL):
            some = fresh[place : place + HANDFUL]
            parents = {fullname(child["data"].get("parent_id"), COMMENT) for child in some}
            around = {**beside, **await self._around(some, beside)}
            payload = {"account": self.api.name, "children": some, "around": around, "home": self.home}
            payloads.append({**payload, "held": sorted(parents & known)})
        self._watch([event for payload in payloads for event in _events(payload)], payloads, back_filling)
        return payloads

    async def _around(self, some: Sequence[Child], beside: Mapping[str, Any]) -> dict[str, Any]:
        """The posts these comments stand under and the comments they answer, as far as they do not tell themselves."""
        wanted = list[str]()
        for child in some:
            data = child["data"]
            if child["kind"] == COMMENT:
                link = post_of(data)
                wanted += [link] if link and not words(data.get("link_author")) else []
                wanted += [parent] if (parent := fullname(data.get("parent_id"), COMMENT)) else []
        shown = await self.api.info([name for name in dict.fromkeys(wanted) if name not in beside])
        return {name: context(part(child, "data")) for name, child in shown.items()}

    def _watch(self, events: Sequence[Incoming], payloads: Sequence[dict[str, Any]], back_filling: bool) -> None:
        told = {child["data"]["name"]: child["data"] for payload in payloads for child in payload["children"]}
        fresh = [
            Watched(event.external_id, event.kind, event.ours, rereading.version(told[event.external_id]))
            for event in events
            if event.act is Act.WROTE and fullname(event.external_id, COMMENT, POST)
        ]
        watched, mentions = self.cursor.watched, self.cursor.mentions
        self.cursor.watched = (fresh + watched if back_filling else watched + fresh)[-WATCHED:]
        begun = [
            f"{event.root}={event.external_id}"
            for event in events
            if event.kind is Kind.MENTION and event.root and event.thread == event.external_id and not event.ours
        ]
        self.cursor.mentions = (begun + mentions if back_filling else mentions + begun)[-MENTIONS:]


def context(data: Any) -> dict[str, Any]:
    """Of a thing beside: what is needed to place a comment. Of a comment its words are not."""
    return {name: data[name] for name in CONTEXT if name in data} if isinstance(data, dict) else {}


def _flat(found: Sequence[Child]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every thing with its replies; where those cannot be read it goes on alone."""
    for child in found:
        try:
            yield from list(children([child]))
        except Unreadable:
            yield words(child.get("kind")), child["data"]


def _events(payload: dict[str, Any]) -> list[Incoming]:
    try:
        return normalising.normalise(payload)
    except Unreadable:
        return []  # it is handed over all the same, and quarantined with its reason
