"""The Data API of the simulated YouTube: the methods that Earshot uses, with their prices and their errors."""

import asyncio
from typing import TYPE_CHECKING

from inbox.ground import clock
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, answer, live, spoiled_after, spoiled_before
from inbox.platforms.youtube.quota import next_midnight
from inbox.platforms.youtube.simulator_http import COMMON, Call, Refusal, page, read_call
from inbox.platforms.youtube.simulator_memory import (
    A_TOP,
    PUBLISHED,
    Item,
    comment_json,
    handle_of,
    thread_json,
    when,
)

if TYPE_CHECKING:
    from inbox.platforms.youtube.simulator import YouTube

BASE = "/youtube/v3/"
READING = frozenset({"part", "id", "maxResults", "pageToken", "textFormat"})
METHODS: dict[tuple[str, str], frozenset[str]] = {
    ("GET", "commentThreads"): READING
    | {"allThreadsRelatedToChannelId", "channelId", "videoId", "moderationStatus", "order", "searchTerms"},
    ("GET", "comments"): READING | {"parentId"},
    ("GET", "channels"): READING | {"mine", "forHandle"},
    ("GET", "videos"): READING,
    ("POST", "comments"): frozenset({"part"}),
    ("PUT", "comments"): frozenset({"part"}),
    ("DELETE", "comments"): frozenset({"id"}),
    ("POST", "comments/setModerationStatus"): frozenset({"id", "moderationStatus", "banAuthor"}),
}
LONGEST = 10_000
MODERATED = ("heldForReview", "published", "rejected")


class Doors:
    """A bare ASGI application. `calls`: everything asked, for tests to look at."""

    def __init__(self, network: "YouTube") -> None:
        self.network = network
        self.calls: list[tuple[str, str, dict[str, list[str]], Json]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        call = await read_call(scope, receive)
        network, mischief = self.network, self.network.mischief
        if mischief.slow:
            await asyncio.sleep(mischief.slow)
        if call.path == "/o/oauth2/v2/auth":
            status, told = network.tokens.consent(call)
            return await answer(
                send, status, told if status != 302 else None, {"Location": told} if status == 302 else {}
            )
        if call.path == "/token":
            return await answer(send, *network.tokens.token(call))
        self.calls.append((call.method, call.path.removeprefix(BASE), call.params, call.body))
        writes = call.method != "GET"
        if writes and await spoiled_before(mischief, receive, send):
            return None
        try:
            told_now = self._serve(call)
        except Refusal as refusal:
            return await answer(send, refusal.status, refusal.body)
        if writes and await spoiled_after(mischief, receive, send, garbled='{"kind": "youtube#comm'):
            return None
        return await answer(send, 200 if told_now is not None else 204, told_now)

    def _serve(self, call: Call) -> Json | None:
        network, resource = self.network, call.path.removeprefix(BASE)
        if not network.tokens.admits(call.token):
            raise Refusal(401, "authError", "Request had invalid authentication credentials.", "global")
        network.charge(1 if call.method == "GET" else 50)
        known = METHODS.get((call.method, resource))
        if not call.path.startswith(BASE) or known is None:
            raise Refusal(404, "notFound", "Not Found", "global")
        if unknown := sorted(set(call.params) - known - COMMON):
            raise Refusal(400, "unexpectedParameter", f"Unexpected parameter: {unknown[0]}", "youtube.parameter")
        if "part" in known and not call.many("part"):
            raise Refusal(400, "missingRequiredParameter", "No filter selected: part", "youtube.parameter")
        if not set(network.tokens.scopes) and resource != "channels":
            raise Refusal(403, "insufficientPermissions", "Insufficient Permission", "global")
        match call.method, resource:
            case "GET", "commentThreads":
                return self._threads(call)
            case "GET", "comments":
                return self._comments(call)
            case "GET", "channels":
                return self._channels(call)
            case "GET", "videos":
                return self._videos(call)
            case "POST", "comments":
                return self._insert(call)
            case "PUT", "comments":
                return self._update(call)
            case "DELETE", _:
                return self._delete(call)
            case _:
                return self._moderate(call)

    # Reading

    def _threads(self, call: Call) -> Json:
        network, memory, parts = self.network, self.network.memory, set(call.many("part"))
        filters = ("id", "allThreadsRelatedToChannelId", "channelId", "videoId")
        chosen = [name for name in filters if call.params.get(name)]
        if len(chosen) != 1:
            raise Refusal(400, "missingRequiredParameter", "Choose one filter.", "youtube.parameter")
        plain = call.one("textFormat") == "plainText"
        status = call.one("moderationStatus", PUBLISHED)
        further = ""
        if chosen == ["id"]:
            if "moderationStatus" in call.params or "maxResults" in call.params:
                raise Refusal(400, "incompatibleParameters", "Not with id.", "youtube.parameter")
            items = self._by_id(call.many("id"), "commentThreadNotFound")
            items = [item for item in items if not item.parent]
        else:
            if chosen != ["videoId"] and call.one(chosen[0]) != network.channel:
                raise Refusal(404, "channelNotFound", "The channel could not be found.", "youtube.commentThread")
            if status in network.denied:
                raise Refusal(
                    403, "forbidden", "One or more of the threads cannot be retrieved.", "youtube.commentThread"
                )
            # Without "all related" only what is about the channel itself is listed.
            video = {"channelId": "", "videoId": call.one("videoId")}.get(chosen[0])
            found = memory.threads(status, video=video)
            items, further = page(found, call, lambda item: item.id, network.token_age)
        told = [
            thread_json(
                memory,
                item,
                parts,
                plain=plain,
                status=status,
                closed=item.video in network.closed,
                by_id=chosen == ["id"],
            )
            for item in items
        ]
        return _list("commentThread", told, further)

    def _comments(self, call: Call) -> Json:
        network, memory = self.network, self.network.memory
        plain, parent, further = call.one("textFormat") == "plainText", call.one("parentId"), ""
        if bool(parent) == bool(call.params.get("id")):
            raise Refusal(400, "missingRequiredParameter", "Choose id or parentId.", "youtube.parameter")
        if parent:
            if parent not in memory.items and not network.remembers_more:
                raise Refusal(404, "parentCommentNotFound", "The parent comment could not be found.")
            found = memory.below(parent)
            items, further = page(found, call, lambda item: item.id, network.token_age)
        else:
            items = self._by_id(call.many("id"), "commentNotFound")
        told = [comment_json(memory, item, plain=plain, by_id=not parent) for item in items]
        return _list("comment", told, further)

    def _by_id(self, ids: list[str], reason: str) -> list[Item]:
        if len(ids) > 50:
            raise Refusal(400, "invalidFilters", "Too many ids.", "youtube.parameter")
        items = self.network.memory.items
        found = [items[one] for one in ids if one in items and items[one].status == PUBLISHED]
        if self.network.strict_ids and len(found) < len(ids):
            raise Refusal(404, reason, "One or more of the specified comments cannot be found.")
        return found

    def _channels(self, call: Call) -> Json:
        network = self.network
        mine = call.one("mine") == "true"
        ids = [network.channel] if mine else call.many("id")
        told = []
        for one in ids if network.has_channel or not mine else []:
            who = network.memory.people.get(one)
            name, handle = (network.title, f"@{network.handle}") if one == network.channel else ("", "")
            if who:
                name, handle = who.name, handle_of(who)
            if not name:
                continue
            pictures = {"default": {"url": f"https://yt3.ggpht.com/{one}", "width": 88, "height": 88}}
            snippet = {"title": name, "description": "", "customUrl": handle, "thumbnails": pictures}
            told.append({"kind": "youtube#channel", "id": one, "snippet": snippet})
        return _list("channel", told, "")

    def _videos(self, call: Call) -> Json:
        items, told = self.network.memory.items, []
        for one in call.many("id"):
            if one in items and items[one].kind == "video":
                pictures = {"medium": {"url": f"https://i.ytimg.com/vi/{one}/mqdefault.jpg"}}
                snippet = {"title": items[one].text, "publishedAt": when(items[one].at), "thumbnails": pictures}
                told.append({"kind": "youtube#video", "id": one, "snippet": snippet})
        return _list("video", told, "")

    # Writing

    def _insert(self, call: Call) -> Json:
        network, memory = self.network, self.network.memory
        snippet = call.body.get("snippet") or {}
        parent, text = str(snippet.get("parentId") or ""), str(snippet.get("textOriginal") or "")
        if not parent:
            raise Refusal(400, "parentIdMissing", "The comment must be linked to a parent comment.")
        self._check(text)
        above = memory.items.get(parent)
        if above is None and network.remembers_more and A_TOP.fullmatch(parent):
            above = memory.recalled(parent, clock.now())
        if above is None or above.kind != "comment" or above.parent:
            raise Refusal(404, "parentCommentNotFound", "The specified parent comment could not be found.")
        if above.status != PUBLISHED:
            raise Refusal(400, "parentCommentIsPrivate", "The specified parent comment is private.")
        if above.video in network.closed:
            raise Refusal(403, "commentsDisabled", "The video has <code>disabled</code> comments.")
        made = memory.comment(network.channel, above, text, clock.now())
        network.answered(made)
        return comment_json(memory, made, plain=True)

    def _check(self, text: str) -> None:
        if not text.strip():
            raise Refusal(400, "commentTextRequired", "Comments cannot be empty.")
        if len(text) > LONGEST:
            raise Refusal(400, "commentTextTooLong", "The comment contains too many characters.")

    def _update(self, call: Call) -> Json:
        item = self._found(str(call.body.get("id") or ""))
        if item.author != self.network.channel:
            raise Refusal(403, "forbidden", "The comment cannot be updated due to insufficient permissions.")
        text = str((call.body.get("snippet") or {}).get("textOriginal") or "")
        self._check(text)
        item.text, item.changed = text, clock.now().replace(microsecond=0)
        return comment_json(self.network.memory, item, plain=True)

    def _delete(self, call: Call) -> Json | None:
        item = self._found(call.one("id"))
        if item.author != self.network.channel:
            raise Refusal(403, "forbidden", "The comment cannot be deleted due to insufficient permissions.")
        self.network.memory.remove(item)
        self.network.did("delete", item)
        return None

    def _moderate(self, call: Call) -> Json | None:
        status, ids = call.one("moderationStatus"), call.many("id")
        if status not in MODERATED or not ids:
            raise Refusal(400, "invalidValue", f"Invalid value '{status}'.", "youtube.parameter")
        items = [self._found(one) for one in ids]
        for item in items:
            item.status = status
            self.network.did({"heldForReview": "hide", "published": "unhide"}.get(status, "delete"), item)
        return None

    def _found(self, comment: str) -> Item:
        memory = self.network.memory
        item = memory.items.get(comment)
        if item is None and self.network.remembers_more and A_TOP.fullmatch(comment):
            item = memory.recalled(comment, clock.now())
        if item is None or item.kind != "comment" or item.status == "rejected":
            raise Refusal(404, "commentNotFound", "The specified comment could not be found.")
        return item


def used_up() -> Refusal:
    """The day's last unit is gone."""
    at = next_midnight(clock.now())
    return Refusal(403, "quotaExceeded", f"You have exceeded your <a>quota</a> until {at:%H:%M}.", "youtube.quota")


def _list(kind: str, items: list[Json], further: str) -> Json:
    info = {"totalResults": len(items), "resultsPerPage": len(items)}
    told: Json = {"kind": f"youtube#{kind}ListResponse", "etag": "e", "pageInfo": info, "items": items}
    return told | ({"nextPageToken": further} if further else {})
