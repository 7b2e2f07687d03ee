"""The API of the simulated Threads, and its doors for tokens: the part that Earshot uses."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from inbox.ground import clock
from inbox.platforms.meta.simulator_http import Call, Refusal, fields_of, only, page
from inbox.platforms.meta.simulator_memory import Item, newest
from inbox.platforms.meta.simulator_server import GraphServer
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Heard, Person
from inbox.platforms.threads.simulator_json import post_json

if TYPE_CHECKING:
    from inbox.platforms.threads.simulator import Threads

OPEN = ("oauth/authorize", "oauth/access_token", "access_token", "refresh_access_token")


class ThreadsServer(GraphServer):
    """A bare ASGI application."""

    def __init__(self, network: "Threads") -> None:
        super().__init__(network.mischief, network.postman)
        self.network = network

    def is_write(self, call: Call) -> bool:
        """What makes a reply and does not publish it changes nothing that anybody sees."""
        return super().is_write(call) and call.path != "me/threads"

    def admit(self, call: Call) -> None:
        """With the account's token."""
        network = self.network
        if call.path not in OPEN and (network.mischief.token_revoked or call.token != network.token):
            raise Refusal(190, "Error validating access token: The session has been invalidated.", 460, 401)

    async def act(self, call: Call) -> Json:
        """Everything but reading."""
        network, params = self.network, call.params
        match call.path.split("/"):
            case ["oauth", "access_token"]:
                network.apps.redeem(call, network.app_id, network.secrets)
                return {"access_token": f"{network.token}hour", "user_id": int(network.account)}
            case ["me", "threads"]:
                return self._make(str(params.get("text", "")), str(params.get("reply_to_id", "")))
            case ["me", "threads_publish"]:
                return self._publish(call)
            case [item_id, "manage_reply"]:
                item = self._item(item_id)
                if item.parent != item.post:
                    raise Refusal(100, "(#100) Only top-level replies can be hidden")
                item.hidden = params.get("hide") in (True, "true")
                self._heard("hide" if item.hidden else "unhide", target=item.id)
                return {"success": True}
        raise Refusal(100, f"Unsupported {call.method.lower()} request.", 33)

    def _make(self, text: str, target: str) -> Json:
        network = self.network
        if not text:
            raise Refusal(100, "(#100) The parameter text is required")
        if len(text) > 500:
            raise Refusal(100, "(#100) Param text must be at most 500 characters long.")
        self._item(target)
        draft = network.memory.number()
        network.drafts[draft] = (target, text)
        return {"id": draft}

    def _publish(self, call: Call) -> Json:
        network = self.network
        target, text = network.drafts.pop(str(call.params.get("creation_id", "")), ("", ""))
        if not target:
            raise Refusal(24, "The requested resource does not exist", 4279009)
        if self._used() >= network.quota:
            raise Refusal(4, "Application request limit reached", 2207051, 403)
        above = self._item(target)
        reply = network.write_reply(network.account, above, text)
        call.after.append(lambda: network.tell_post("publish", reply))
        self._heard("reply", reply.id, text=text, target=above.id, recipient=above.author)
        return {"id": reply.id}

    def _used(self) -> int:
        memory, since = self.network.memory, clock.now() - timedelta(days=1)
        ours = (one for one in memory.of_kind("comment") if one.author == memory.page)
        return sum(one.at > since for one in ours)

    def _heard(self, action: str, external_id: str = "", **more: str) -> None:
        self.network.hears(Heard(action, external_id, **more))

    def _item(self, external_id: str) -> Item:
        memory = self.network.memory
        if item := memory.items.get(external_id):
            return item
        if self.network.remembers_more and re.fullmatch(r"\d{12,}", external_id):
            memory.people.setdefault("0", Person("0", "Somebody from before"))
            before = Item(external_id, "comment", "0", "", clock.now(), post="0", parent="0", listed=False)
            memory.items.setdefault("0", Item("0", "post", memory.page, "", clock.now(), listed=False))
            return memory.add(before)
        raise Refusal(100, f"Unsupported request. Object with ID '{external_id}' does not exist", 33)

    async def read(self, call: Call) -> Json:
        """Everything that can be read."""
        network, memory = self.network, self.network.memory
        fields = fields_of(str(call.params.get("fields", "")))
        match call.path.split("/"):
            case ["oauth", "authorize"]:
                return network.apps.consent(call, network.app_id)
            case ["oauth", "access_token"]:
                return self._token(call, "access_token")
            case ["access_token" | "refresh_access_token" as door]:
                return self._token(call, door)
            case ["me"]:
                me = {"id": network.account, "username": network.handle, "name": network.title}
                return only(me | {"threads_profile_picture_url": "https://cdn.example/us.jpg"}, fields)
            case ["me", "threads_publishing_limit"]:
                config = {"quota_total": network.quota, "quota_duration": 86_400}
                return {"data": [{"reply_quota_usage": self._used(), "reply_config": config}]}
            case ["me", "threads"]:
                return self._list(memory.of_kind("post"), call, fields)
            case ["me", "mentions"]:
                return self._list(memory.of_kind("mention"), call, fields)
            case ["me", "replies"]:
                ours = [one for one in memory.of_kind("comment") if one.author == memory.page]
                return self._list(ours, call, fields)
            case [item_id, "conversation"]:
                item = self._item(item_id)
                if item.author != memory.page:
                    raise Refusal(10, "(#10) Application does not have permission for this action", status=403)
                return self._list(newest(one for one in memory.below[item.id] if one.listed), call, fields)
            case [item_id]:
                return only(post_json(memory, self._item(item_id)), fields)
        raise Refusal(2500, f"Unknown path components: /{call.path}")

    def _list(self, items: list[Item], call: Call, fields: dict[str, str]) -> Json:
        return page(items, call.params, _id, lambda item: only(post_json(self.network.memory, item), fields))

    def _token(self, call: Call, door: str) -> Json:
        network, given = self.network, call.token
        if door == "access_token":
            network.apps.know(call, network.app_id, network.secrets)
        if network.mischief.token_revoked or given != network.token + ("hour" if door == "access_token" else ""):
            raise Refusal(190, "Error validating access token: Session has expired.", 463, 400)
        token = network.renew() if door == "refresh_access_token" else network.token
        return {"access_token": token, "token_type": "bearer", "expires_in": network.days * 86_400}


def _id(item: Item) -> str:
    return item.id
