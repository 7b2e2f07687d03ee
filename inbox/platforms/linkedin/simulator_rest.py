"""The REST API of the simulated LinkedIn: the part that Earshot uses, with its errors."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from inbox.ground import clock
from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.notices import SOCIAL
from inbox.platforms.linkedin.simulator_http import (
    Call,
    Refusal,
    answer,
    bad,
    entries,
    fields,
    gone,
    page,
    plain,
    read_call,
)
from inbox.platforms.linkedin.simulator_memory import Item, comment_json, newest, post_json
from inbox.platforms.linkedin.simulator_people import read_people
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, live, spoiled_after, spoiled_before
from inbox.platforms.simulation import Heard, Person

if TYPE_CHECKING:
    from inbox.platforms.linkedin.simulator import LinkedIn

LONGEST = 1250
READERS = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})
LASTS = timedelta(days=60)
Made = tuple[int, Json | None, dict[str, str]]


class RestServer:
    """A bare ASGI application."""

    def __init__(self, network: "LinkedIn") -> None:
        self.network = network
        self.calls: list[Call] = []  # everything asked, for tests to look at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        call = await read_call(scope, receive)
        self.calls.append(call)
        mischief = self.network.mischief
        if mischief.slow:
            await asyncio.sleep(mischief.slow)
        if call.path[:2] == ["oauth", "v2"]:
            return await self._sign_in(call, send)
        writes = call.method != "GET"
        if writes and await spoiled_before(mischief, receive, send):
            return None
        try:
            self._admit(call)
            if writes:
                return await self._answer_write(call, receive, send, await self._act(call))
            told = self._read(call)
        except Refusal as refusal:
            return await answer(send, refusal.status, refusal.body)
        await answer(send, 200, told)

    async def _answer_write(self, call: Call, receive: Receive, send: Send, made: Made) -> None:
        mischief = self.network.mischief
        if mischief.echo_first:
            self._then(call)
            await self.network.postman.flush()
        if not await spoiled_after(mischief, receive, send, garbled='{"commentUrn":"urn:li'):
            await answer(send, *made)
        self._then(call)

    def _then(self, call: Call) -> None:
        while call.after:
            call.after.pop(0)()

    async def _sign_in(self, call: Call, send: Send) -> None:
        tokens = self.network.tokens
        match call.method, call.path[2:]:
            case "GET", ["authorization"]:
                query = {name: unquote_plus(value) for name, value in call.query.items()}
                try:
                    await answer(send, 302, "", {"location": tokens.consent(query)})
                except Refusal as refusal:
                    await answer(send, refusal.status, refusal.body)
            case "POST", ["accessToken"]:
                await answer(send, *tokens.token(call.form))
            case "POST", ["introspectToken"]:
                await answer(send, *tokens.introspected(call.form))
            case _:
                await answer(send, 404, gone("/".join(call.path)).body)

    def _admit(self, call: Call) -> None:
        network = self.network
        if network.mischief.token_revoked or not network.tokens.admits(call.token):
            raise Refusal(401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")
        if call.path[:1] != ["rest"] or len(call.path) < 2:
            raise gone("/".join(call.path))
        version = call.headers.get("linkedin-version", "")
        if version not in network.versions:
            raise Refusal(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        if call.headers.get("x-restli-protocol-version") != "2.0.0":
            raise bad("Only Rest.li protocol 2.0.0 is served here")
        if network.calls_left is not None:
            if network.calls_left <= 0:
                raise Refusal(
                    429, "TOO_MANY_REQUESTS", "Resource level throttle APPLICATION DAY limit for calls to this"
                )
            network.calls_left -= 1

    # Writes

    async def _act(self, call: Call) -> Made:
        match call.method, call.path[1:]:
            case "POST", ["socialActions", name, "comments"]:
                return self._comment(call, self._item(plain(name)))
            case "DELETE", ["socialActions", _, "comments", number]:
                return self._delete(call, plain(number))
            case "POST", ["reactions"]:
                item = self._item(str(call.json.get("root")))
                if call.json.get("reactionType") != "LIKE":
                    raise bad("Unknown reactionType")
                return self._react(plain(call.query["actor"]), item, likes=True)
            case "DELETE", ["reactions", key]:
                told = fields(key)
                return self._react(told["actor"], self._item(told["entity"]), likes=False)
            case "PUT", ["eventSubscriptions", key]:
                return await self._subscribe(key, str(call.json.get("webhook", "")))
        raise gone("/".join(call.path))

    def _own(self, actor: str) -> None:
        if actor != self.network.page:
            raise Refusal(403, "ACCESS_DENIED", "The member is not an administrator of the company")

    def _comment(self, call: Call, item: Item) -> Made:
        network, told = self.network, call.json
        self._own(str(told.get("actor")))
        if "content" in told:
            fields_named = "Data Processing Exception while processing fields [/content]"
            raise Refusal(403, "ACCESS_DENIED", f"Unpermitted fields present in REQUEST_BODY: {fields_named}")
        text = str((told.get("message") or {}).get("text", ""))
        if not text.strip():
            raise bad("message :: text :: is required")
        if len(text) > LONGEST:
            raise bad(f"message :: text :: length of {len(text)} exceeds the maximum")
        above = str(told.get("parentComment", ""))
        parent = self._item(above) if above else None
        if parent is not None and parent.parent:
            raise bad("parentComment :: there is one level of replies")
        post = network.memory.find(str(told.get("object", "")))
        if post is None or post.kind == "comment" or (parent is not None and parent.post != post.number):
            raise bad("object :: is not what this stands under")
        comment = network.write_comment("", parent or item, text)
        call.after.append(lambda: network.tell(comment, "ADMIN_COMMENT"))
        heard = Heard("reply", comment.urn, text=text, target=(parent or item).urn, recipient=(parent or item).author)
        network.hears(heard)
        return 201, comment_json(network.memory, comment), {"x-restli-id": comment.number}

    def _delete(self, call: Call, number: str) -> Made:
        network = self.network
        self._own(plain(call.query["actor"]))
        item = network.memory.items.get(number)
        if item is None or item.kind != "comment":
            raise gone(f"Comment {number}")
        network.memory.forget(item)
        network.hears(Heard("delete", "", target=item.urn))
        call.after.append(lambda: network.tell(item, "COMMENT_DELETE", at=clock.now()))
        return 204, None, {}

    def _react(self, actor: str, item: Item, *, likes: bool) -> Made:
        self._own(actor)
        if likes == (actor in item.likes):
            raise Refusal(409, "CONFLICT", "Reaction already exists") if likes else gone("Reaction")
        item.likes = [*item.likes, actor] if likes else [one for one in item.likes if one != actor]
        self.network.hears(Heard("like" if likes else "unlike", "", target=item.urn))
        return (201, {"id": f"urn:li:reaction:({actor},{item.urn})"}, {}) if likes else (204, None, {})

    async def _subscribe(self, key: str, webhook: str) -> Made:
        network = self.network
        if network.tier == "development" or network.role != "ADMINISTRATOR":
            raise Refusal(403, "ACCESS_DENIED", "Not enough permissions to access: PUT /eventSubscriptions")
        told = fields(key)
        if told.get("user") != network.member or told.get("entity") != network.page or told.get("eventType") != SOCIAL:
            raise Refusal(403, "ACCESS_DENIED", "The subscribing member is not an administrator of the organization")
        if not await network.postman.challenged(webhook):
            raise bad("This URL did not pass the security challenge check")
        ends = milliseconds(clock.now() + LASTS)
        network.subscriptions[_sorted(told)] = {**told, "webhook": webhook, "expiresAt": ends}
        network.postman.url = webhook
        return 200, None, {}

    # Reads

    def _item(self, name: str) -> Item:
        network = self.network
        if item := network.memory.find(name):
            return item
        post, number = urns.parts(urns.comment(name))
        if network.remembers_more and post:
            network.memory.people.setdefault("0", Person("0", "Somebody from before"))
            known = Item(number, "comment", "0", "", clock.now(), post=urns.last(post), listed=False)
            return network.memory.add(known)
        if network.remembers_more and urns.urn(name):
            return network.memory.add(
                Item(urns.last(name), "post", "", "", clock.now(), share=urns.last(name), listed=False)
            )
        raise gone(name)

    def _read(self, call: Call) -> Json:
        network, memory = self.network, self.network.memory
        if not network.role and call.path[1] in ("posts", "socialActions"):
            raise Refusal(403, "ACCESS_DENIED", "The member is not an administrator of the company")
        match call.path[1:]:
            case ["organizationalEntityNotifications"]:
                return self._notices(call)
            case ["posts"]:
                mine = [one for one in memory.items.values() if one.kind == "post" and one.listed and not one.author]
                shown = newest(mine) if network.role in READERS else []
                return page([post_json(memory, one) for one in shown], call.query)
            case ["posts", name]:
                item = self._item(plain(name))
                return post_json(memory, item)
            case ["socialActions", name, "comments"]:
                item = self._item(plain(name))
                # Somebody who may only write is not told so: the list is empty.
                shown = memory.below(item) if network.role in READERS else []
                return page([comment_json(memory, one) for one in shown], call.query)
            case ["socialActions", _, "comments", number]:
                known = memory.items.get(plain(number))
                if known is None or known.kind != "comment":
                    raise gone(f"Comment {number}")
                return comment_json(memory, known)
            case ["reactions", key]:
                told = fields(key)
                if told["actor"] not in self._item(told["entity"]).likes:
                    raise gone("Reaction")
                return {"reactionType": "LIKE", "root": told["entity"]}
            case ["eventSubscriptions", key]:
                if network.tier == "development":
                    raise Refusal(403, "ACCESS_DENIED", "Not enough permissions to access: GET /eventSubscriptions")
                if (sought := _sorted(fields(key))) not in network.subscriptions:
                    raise gone("Subscription")
                return network.subscriptions[sought]
            case ["images", name]:
                return {"id": plain(name), "status": "AVAILABLE", "downloadUrl": f"{network.url}/media/{plain(name)}"}
            case _:
                return read_people(network, call)

    def _notices(self, call: Call) -> Json:
        network = self.network
        if network.role != "ADMINISTRATOR":
            raise Refusal(403, "ACCESS_DENIED", "Not enough permissions to access: organizationalEntityNotifications")
        if plain(call.query["organizationalEntity"]) != network.page:
            raise Refusal(403, "ACCESS_DENIED", "The member is not an administrator of the organization")
        wanted, span = entries(call.query["actions"]), fields(call.query["timeRange"])
        oldest = max(int(span["start"]), milliseconds(clock.now() - timedelta(days=60)))
        within = [
            one
            for one in network.memory.notices
            if one["action"] in wanted and oldest <= one["lastModifiedAt"] <= int(span["end"])
        ]
        bare = ("decoratedGeneratedActivity", "decoratedSourcePost") if network.bare_notices else ()
        shown = [{name: value for name, value in one.items() if name not in bare} for one in within]
        return page(shown, call.query)


def _sorted(key: dict[str, str]) -> str:
    """A compound key whatever the order it came in."""
    return urns.key(**dict(sorted(key.items())))
