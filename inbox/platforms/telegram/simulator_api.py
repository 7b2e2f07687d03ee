"""The Bot API of the simulated Telegram: the part that Earshot uses, with its refusals in Telegram's words."""

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from inbox.ground import clock
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, answer, live, spoiled_after, spoiled_before
from inbox.platforms.simulation import Heard
from inbox.platforms.telegram import places
from inbox.platforms.telegram.places import Place
from inbox.platforms.telegram.simulator_http import Call, Refusal, read_call
from inbox.platforms.telegram.simulator_memory import Item

if TYPE_CHECKING:
    from inbox.platforms.telegram.simulator import Telegram

READS = frozenset({"getme", "getupdates", "getwebhookinfo", "getfile", "getchat", "getbusinessconnection"})
MEDIA = {"sendphoto": "photo", "sendvideo": "video", "sendaudio": "audio", "senddocument": "document"}
TWO_DAYS, ONE_DAY = timedelta(hours=48), timedelta(hours=24)


class BotServer:
    """A bare ASGI application."""

    def __init__(self, network: "Telegram") -> None:
        self.network = network
        self.calls: list[tuple[str, Json]] = []  # everything asked, for tests to look at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        call = await read_call(scope, receive)
        mischief = self.network.mischief
        if mischief.slow:
            await asyncio.sleep(mischief.slow)
        if call.file:
            known = call.token == self.network.token and self.network.files.get(call.method)
            return await answer(send, 200 if known else 404, known or b"")
        self.calls.append((call.method, call.params))
        method = call.method.lower()
        writes = method.startswith(("send", "delete", "setmessage")) and method not in (
            "sendchataction",
            "deletewebhook",
        )
        if writes and await spoiled_before(mischief, receive, send):
            return None
        try:
            if mischief.token_revoked or call.token != self.network.token:
                raise Refusal(401, "Unauthorized")
            told = await self._updates(call) if method == "getupdates" else self._do(method, call)
        except Refusal as refusal:
            return await answer(send, refusal.status, refusal.body)
        if writes:
            return await self._answer_write(call, receive, send, told)
        return await answer(send, 200, {"ok": True, "result": told})

    async def _answer_write(self, call: Call, receive: Receive, send: Send, told: Any) -> None:
        mischief = self.network.mischief
        if mischief.echo_first:
            self._then(call)
            await self.network.postman.flush()
        if not await spoiled_after(mischief, receive, send, garbled='{"ok":true,"resu'):
            await answer(send, 200, {"ok": True, "result": told})
        self._then(call)

    def _then(self, call: Call) -> None:
        while call.after:
            call.after.pop(0)()

    def _do(self, method: str, call: Call) -> Any:
        match method:
            case "getme":
                return self.network.me()
            case "setwebhook":
                return self._set_webhook(call)
            case "deletewebhook":
                self.network.postman.url = ""
                return True
            case "getwebhookinfo":
                return self._webhook_info()
            case "sendmessage":
                if not call.text("text").strip():
                    raise Refusal(400, "Bad Request: message text is empty")
                if len(call.text("text")) > 4096:
                    raise Refusal(400, "Bad Request: message is too long")
                return self._send(call, call.text("text"), {})
            case _ if method in MEDIA:
                return self._send_file(call, MEDIA[method])
            case "sendchataction":
                self._chat(call)
                return True
            case "readbusinessmessage":
                return self._read(call)
            case "setmessagereaction":
                return self._react(call)
            case "deletemessage":
                return self._delete(call, self._place(call), call.text("message_id"))
            case "deletebusinessmessages":
                return self._delete_business(call)
            case "getfile":
                return self._file(call)
            case "getchat":
                return self.network.memory.chat(self._chat(call)) | {"accent_color_id": 0, "max_reaction_count": 11}
            case "getbusinessconnection":
                return self.network.business_connection()
        raise Refusal(404, "Not Found")

    # Hearing

    async def _updates(self, call: Call) -> list[Json]:
        network = self.network
        if network.postman.url:
            what = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise Refusal(409, f"Conflict: {what}")
        offset, waiting = int(call.params.get("offset") or 0), network.memory.updates
        waiting[:] = [update for update in waiting if update["update_id"] >= offset]
        network.postman.allowed = list(call.params.get("allowed_updates") or network.postman.allowed)
        until = time.monotonic() + int(call.params.get("timeout") or 0)
        while not waiting and (left := until - time.monotonic()) > 0:
            network.postman.news.clear()
            network.postman.waited_for.set()
            try:
                await asyncio.wait_for(network.postman.news.wait(), left)
            except TimeoutError:
                break
        return waiting[: min(int(call.params.get("limit") or 100), 100)]

    def _set_webhook(self, call: Call) -> bool:
        postman = self.network.postman
        url = call.text("url")
        if url and not url.startswith("https://") and not self.network.plain_webhooks:
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        postman.url, postman.secret = url, call.text("secret_token")
        postman.allowed = list(call.params.get("allowed_updates") or [])
        postman.error_at = 0
        postman.wake()
        return True

    def _webhook_info(self) -> Json:
        postman = self.network.postman
        told: Json = {"url": postman.url, "has_custom_certificate": False, "pending_update_count": len(postman.updates)}
        if postman.error_at:
            told |= {"last_error_date": postman.error_at, "last_error_message": postman.error}
        return told | ({"allowed_updates": postman.allowed} if postman.allowed else {})

    # Writing

    def _send(self, call: Call, text: str, extra: Json) -> Json:
        network, place = self.network, self._chat(call)
        answered = int((call.params.get("reply_parameters") or {}).get("message_id") or 0)
        beside = place.beside(str(answered)).name if answered else ""
        if beside and beside not in network.memory.items and not network.remembers_more:
            if not (call.params.get("reply_parameters") or {}).get("allow_sending_without_reply"):
                raise Refusal(400, "Bad Request: message to be replied not found")
            beside = ""
        item = network.write(place, str(network.memory.bot["id"]), text, answers=beside, extra=extra)
        item.by_bot = True
        if place.business:
            call.after.append(lambda: network.tell("business_message", item))
        action = "reply" if place.is_group else "dm"
        self._heard(action, item.name, text=text, target=beside, recipient="" if place.is_group else place.chat)
        return network.message(item)

    def _send_file(self, call: Call, field: str) -> Json:
        if len(call.text("caption")) > 1024:
            raise Refusal(400, "Bad Request: message caption is too long")
        name = self.network.file(b"bytes of a file")
        file: Any = {"file_id": name, "file_unique_id": name, "width": 90, "height": 90, "duration": 1}
        return self._send(call, call.text("caption"), {field: [file] if field == "photo" else file})

    def _react(self, call: Call) -> bool:
        item = self._item(self._place(call).beside(call.text("message_id")).name, "react")
        reaction = call.params.get("reaction") or []
        if any(one.get("emoji") not in self.network.reactions for one in reaction):
            raise Refusal(400, "Bad Request: REACTION_INVALID")
        item.liked = bool(reaction)
        self._heard("like" if item.liked else "unlike", target=item.name)
        return True

    def _delete(self, call: Call, place: Place, number: str) -> bool:
        item = self._item(place.beside(number).name, "delete")
        if clock.now() - item.at > TWO_DAYS or (place.is_group and not item.by_bot):
            raise Refusal(400, "Bad Request: message can't be deleted")
        del self.network.memory.items[item.name]
        self._heard("delete", target=item.name)
        if place.business:
            call.after.append(lambda: self.network.tell_deleted(place, [number]))
        return True

    def _delete_business(self, call: Call) -> bool:
        business = call.text("business_connection_id")
        for number in call.params.get("message_ids") or []:
            end = f":{number}"
            found = [
                name for name in self.network.memory.items if name.startswith(f"b:{business}:") and name.endswith(end)
            ]
            place = places.of(found[0]) if found else None
            if place is None:
                raise Refusal(400, "Bad Request: message to delete not found")
            self._delete(call, place, str(number))
        return True

    def _read(self, call: Call) -> bool:
        place = self._chat(call)
        if not place.business:
            raise Refusal(400, "Bad Request: business connection not found")
        self._item(place.beside(call.text("message_id")).name, "read")
        return True

    def _file(self, call: Call) -> Json:
        name = call.text("file_id")
        path = f"files/{name}"
        if path not in self.network.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return {"file_id": name, "file_unique_id": name, "file_path": path}

    # Who and where

    def _chat(self, call: Call) -> Place:
        """Where something is to be written. Raises Refusal where the bot may not."""
        network, place = self.network, self._place(call)
        if place.chat in network.blocked_by:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if place.is_group:
            if place.chat != str(network.memory.group["id"]):
                raise Refusal(400, "Bad Request: chat not found")
            return place
        heard = network.memory.has_heard_from(place)
        if heard is None and not network.remembers_more:
            raise Refusal(400, "Bad Request: chat not found")
        if place.business and heard is not None and clock.now() - heard > ONE_DAY:
            raise Refusal(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING")
        return place

    def _place(self, call: Call) -> Place:
        network, business = self.network, call.text("business_connection_id")
        if business and business != network.memory.connection:
            raise Refusal(400, "Bad Request: BUSINESS_CONNECTION_INVALID")
        place = places.of(call.text("chat_id"))
        if place is None:
            raise Refusal(400, "Bad Request: chat not found")
        if place.chat in network.moved:
            what = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, what, migrate_to_chat_id=int(network.moved[place.chat]))
        return Place(place.chat, "", business)

    def _item(self, name: str, verb: str) -> Item:
        if item := self.network.memory.items.get(name):
            return item
        if self.network.remembers_more:
            return self.network.memory.items.setdefault(name, Item(name, "", "", clock.now(), by_bot=True))
        raise Refusal(400, f"Bad Request: message to {verb} not found")

    def _heard(self, action: str, external_id: str = "", **more: str) -> None:
        self.network.hears(Heard(action, external_id, **more))
