"""The API of the simulated X: the part that Earshot uses, with its limits and its problems."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from inbox.ground import clock
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, answer, live, spoiled_after, spoiled_before
from inbox.platforms.simulation import Heard
from inbox.platforms.x.counting import weighted
from inbox.platforms.x.simulator_http import Call, Refusal, read_call
from inbox.platforms.x.simulator_memory import Message, Post
from inbox.platforms.x.simulator_reads import Reads

if TYPE_CHECKING:
    from inbox.platforms.x.simulator import X

QUARTER = 900
LIMITS = {"dm_events": 15, "mentions": 300, "search": 300, "messages": 15, "hidden": 50}


class Server:
    """A bare ASGI application."""

    def __init__(self, network: "X") -> None:
        self.network, self.reads = network, Reads(network)
        self.calls: list[Call] = []  # everything asked, for tests to look at
        self.limits = dict(LIMITS)
        self.used: dict[str, int] = {}  # in this quarter of an hour, which ends when a test says so

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        call = await read_call(scope, receive)
        self.calls.append(call)
        mischief = self.network.mischief
        if mischief.slow:
            await asyncio.sleep(mischief.slow)
        writes = call.method != "GET" and not call.path.startswith(("/2/oauth2", "/2/webhooks", "/2/activity"))
        if writes and await spoiled_before(mischief, receive, send):
            return None
        headers = {}
        try:
            if call.path == "/i/oauth2/authorize":
                return await answer(send, 302, "", {"location": self.network.doors.consent(call)})
            if call.path == "/2/oauth2/token":
                return await answer(send, 200, self.network.doors.token(call))
            self._admit(call)
            headers = self._count(call)
            status, told = await self._route(call)
        except Refusal as refusal:
            return await answer(send, refusal.status, refusal.body, headers or self._headers(call))
        if not writes:
            return await answer(send, status, told, headers)
        return await self._answer_write(call, receive, send, (status, told, headers))

    async def _answer_write(self, call: Call, receive: Receive, send: Send, done: tuple[int, Json, Any]) -> None:
        mischief = self.network.mischief
        if mischief.echo_first:
            self._then(call)
            await self.network.postman.flush()
        if not await spoiled_after(mischief, receive, send, garbled='{"data":{"id":"'):
            await answer(send, *done)
        self._then(call)

    def _then(self, call: Call) -> None:
        while call.after:
            call.after.pop(0)()

    def _admit(self, call: Call) -> None:
        network = self.network
        app_only = call.token == network.doors.bearer
        if network.mischief.token_revoked or not (app_only or network.doors.accepts(call.token)):
            raise Refusal(401, "", "Unauthorized", title="Unauthorized")
        for_app = call.parts[:1] == ["webhooks"] or (
            call.parts[:1] == ["activity"] and call.method in ("PUT", "DELETE")
        )
        private = call.parts[:1] in (["dm_events"], ["dm_conversations"]) or call.path == "/2/users/me"
        if (for_app and not app_only) or (private and app_only):
            detail = "Authenticating with this kind of token is forbidden for this endpoint."
            raise Refusal(403, "unsupported-authentication", detail, title="Unsupported Authentication")

    def _edge(self, call: Call) -> str:
        return next((part for part in reversed(call.parts) if part in self.limits), "")

    def _count(self, call: Call) -> dict[str, str]:
        edge = self._edge(call)
        self.used[edge] = self.used.get(edge, 0) + 1
        if edge and self.used[edge] > self.limits[edge]:
            raise Refusal(429, "rate-limit-exceeded", "Too Many Requests", title="Too Many Requests")
        return self._headers(call)

    def _headers(self, call: Call) -> dict[str, str]:
        edge = self._edge(call)
        limit = self.limits.get(edge, 900)
        resets = int(clock.now().timestamp()) + QUARTER
        left = max(0, limit - self.used.get(edge, 0))
        return {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(left),
            "x-rate-limit-reset": str(resets),
        }

    async def _route(self, call: Call) -> tuple[int, Json]:
        network = self.network
        match call.method, call.parts:
            case "GET", ["users", "me"]:
                return 200, {"data": network.memory.user_json(network.account)}
            case "GET", ["users", who]:
                return 200, {"data": self.reads.person(who)}
            case "GET", ["users", network.account, "mentions" | "tweets" as edge]:
                return 200, self.reads.timeline(call, edge)
            case "GET", ["tweets", "search", "recent"]:
                return 200, self.reads.search(call)
            case "GET", ["tweets"]:
                return 200, self.reads.by_ids(call)
            case "GET", ["tweets", one]:
                return 200, self.reads.shown(call, [self.reads.post(one)], {}, single=True)
            case "GET", ["dm_events"]:
                return 200, self.reads.messages(call, "")
            case "GET", ["dm_events", one]:
                return 200, {"data": network.memory.message_json(self.reads.message(one))}
            case "GET", ["dm_conversations", "with", peer, "dm_events"]:
                return 200, self.reads.messages(call, peer)
            case "POST", ["tweets"]:
                return 201, self._publish(call)
            case "DELETE", ["tweets", one]:
                return 200, self._delete_post(call, self.reads.post(one))
            case "PUT", ["tweets", one, "hidden"]:
                return 200, self._hide(call, self.reads.post(one))
            case "POST", ["dm_conversations", "with", peer, "messages"]:
                return 201, self._say(call, peer)
            case "DELETE", ["dm_events", one]:
                return 200, self._delete_message(call, self.reads.message(one))
            case _, ["webhooks" | "activity", *_]:
                return await network.hooks.answer(call)
        raise Refusal(404, "resource-not-found", f"There is nothing at {call.path}.")

    # Writing

    def _publish(self, call: Call) -> Json:
        network, text = self.network, str(call.body.get("text", ""))
        above = str((call.body.get("reply") or {}).get("in_reply_to_tweet_id", ""))
        if not text:
            raise Refusal(400, "invalid-request", "Text is required.")
        if weighted(text) > 280:
            raise Refusal(403, "", "Your Tweet text is too long.", title="Forbidden")
        if above and not (parent := network.memory.current(above)):
            if not network.remembers_more:
                raise Refusal(400, "invalid-request", "Your reply tweet ID is invalid.")
        elif above and parent and not network.summoned_by(parent):
            detail = (
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged."
            )
            raise Refusal(403, "", detail, title="Forbidden")
        same = [post for post in network.memory.posts.values() if post.author == network.account and post.text == text]
        if any(post.above == above and clock.now() - post.at < timedelta(hours=1) for post in same):
            raise Refusal(403, "", "You are not allowed to create a Tweet with duplicate content.", title="Forbidden")
        post = network.write_post(network.account, text, above=above)
        network.hears(Heard("reply" if above else "publish", post.id, text, above, recipient=self._author(above)))
        call.after.append(lambda: network.tell_post("post.create", post))
        return {"data": {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}}

    def _author(self, one: str) -> str:
        post = self.network.memory.current(one) if one else None
        return post.author if post else ""

    def _say(self, call: Call, peer: str) -> Json:
        network, text = self.network, str(call.body.get("text", ""))
        if not text or len(text) > 10_000:
            raise Refusal(400, "invalid-request", "The message is empty or too long.")
        known = peer in network.memory.people or network.remembers_more
        if not known or peer in network.closed:
            raise Refusal(403, "", "You cannot send messages to this user.", title="Forbidden")
        message = network.write_message(peer, network.account, text)
        network.hears(Heard("dm", message.id, text, recipient=peer))
        call.after.append(lambda: network.tell_message(message, app_id=network.app_id))
        talk = network.memory.message_json(message)["dm_conversation_id"]
        return {"data": {"dm_conversation_id": talk, "dm_event_id": message.id}}

    def _hide(self, call: Call, post: Post) -> Json:
        network = self.network
        root = network.memory.current(post.conversation)
        if not isinstance(call.body.get("hidden"), bool):
            raise Refusal(400, "invalid-request", "`hidden` is missing.")
        if not root or root.author != network.account or post.author == network.account:
            raise Refusal(403, "", "You may only hide replies to your own conversations.", title="Forbidden")
        post.hidden = call.body["hidden"]
        network.hears(Heard("hide" if post.hidden else "unhide", "", target=post.id))
        return {"data": {"hidden": post.hidden}}

    def _delete_post(self, call: Call, post: Post) -> Json:
        network = self.network
        if post.author != network.account:
            raise Refusal(403, "", "You are not authorized to delete this Tweet.", title="Forbidden")
        network.memory.posts.pop(post.id)
        network.hears(Heard("delete", "", target=post.id))
        call.after.append(lambda: network.tell_gone(post))
        return {"data": {"deleted": True}}

    def _delete_message(self, call: Call, message: Message) -> Json:
        self.network.memory.messages.pop(message.id)
        self.network.hears(Heard("delete", "", target=message.id))
        return {"data": {"deleted": True}}
