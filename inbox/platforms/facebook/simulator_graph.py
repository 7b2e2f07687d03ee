"""The Graph API of the simulated Facebook: the part that Earshot uses, with its errors."""

import hmac
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from inbox.ground import clock
from inbox.platforms.facebook.simulator_json import comment_json, post_json, rating_json
from inbox.platforms.meta.signature import proof
from inbox.platforms.meta.simulator_http import Call, Refusal, below, fields_of, limit, only, page
from inbox.platforms.meta.simulator_memory import Item, graph_time, message_json, newest
from inbox.platforms.meta.simulator_server import GraphServer
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Heard, Person

if TYPE_CHECKING:
    from inbox.platforms.facebook.simulator import Facebook

OPEN = ("dialog/oauth", "oauth/access_token")


class PageServer(GraphServer):
    """A bare ASGI application."""

    def __init__(self, network: "Facebook") -> None:
        super().__init__(network.mischief, network.postman)
        self.network = network

    def admit(self, call: Call) -> None:
        """With the Page's token, the person's for what a person may ask, or the app's own about itself."""
        network = self.network
        if call.path in OPEN:
            return
        allowed = {network.token}
        if call.path in ("debug_token", f"{network.app_id}/subscriptions"):
            allowed |= {f"{network.app_id}|{secret}" for secret in network.secrets}
        if call.path == "me/accounts":
            allowed = {network.user_token}
        if network.mischief.token_revoked or call.token not in allowed:
            raise Refusal(190, "Error validating access token: The session has been invalidated.", 460, 401)
        given = str(call.params.get("appsecret_proof", ""))
        if not any(hmac.compare_digest(proof(secret, call.token), given) for secret in network.secrets):
            raise Refusal(100, "Invalid appsecret_proof provided in the API argument")

    async def act(self, call: Call) -> Json:
        """Everything but reading."""
        network = self.network
        head, _, edge = call.path.partition("/")
        match call.method, head, edge:
            case "POST", "oauth", "access_token":
                return self._token(call)
            case "POST", network.app_id, "subscriptions":
                return await network.apps.subscribe(call)
            case "POST", network.account, "subscribed_apps":
                return network.apps.join(call)
            case "POST", network.account, "messages" if "sender_action" in call.params:
                return self._signal(call)
            case "POST", network.account, "messages":
                return self._message(call)
        return self._act_on(call, head, edge)

    def _token(self, call: Call) -> Json:
        """A code becomes a token for an hour, and that one for two months."""
        network = self.network
        hour = network.user_token + "hour"
        if call.params.get("grant_type") == "fb_exchange_token":
            network.apps.know(call, network.app_id, network.secrets)
            if call.params.get("fb_exchange_token") != hour:
                raise Refusal(190, "Error validating access token.", status=401)
            return {"access_token": network.user_token, "token_type": "bearer", "expires_in": 5_183_944}
        network.apps.redeem(call, network.app_id, network.secrets)
        return {"access_token": hour, "token_type": "bearer", "expires_in": 3_600}

    def _signal(self, call: Call) -> Json:
        peer = str(dict(call.params["recipient"]).get("id", ""))
        if self.network.memory.last_from(peer) is None:
            raise Refusal(100, "(#100) No matching user found", 2018001)
        self.network.signals.append((peer, str(call.params["sender_action"])))
        return {"recipient_id": peer}

    def _act_on(self, call: Call, head: str, edge: str) -> Json:
        network = self.network
        item = self._item(head)
        match call.method, edge:
            case "POST", "comments":
                return self._comment(call, item)
            case "POST" | "DELETE", "likes":
                item.liked = call.method == "POST"
                self._heard("like" if item.liked else "unlike", target=item.id)
            case "POST", "" if "is_hidden" in call.params:
                item.hidden = call.params["is_hidden"] in (True, "true")
                verb = "hide" if item.hidden else "unhide"
                self._heard(verb, target=item.id)
                call.after.append(lambda: network.tell_change(item, verb, at=clock.now()))
            case "POST", "" if "message" in call.params:
                # This is how Facebook edits: a reply sent here by mistake overwrites what stands.
                if item.author != network.account:
                    raise Refusal(200, "(#200) Permissions error", status=403)
                item.text = str(call.params["message"])
                self._heard("edit", item.id, text=item.text, target=item.id)
                call.after.append(lambda: network.tell_change(item, "edited", at=clock.now()))
            case "DELETE", "":
                network.memory.forget(item)
                self._heard("delete", target=item.id)
                call.after.append(lambda: network.tell_change(item, "remove", at=clock.now()))
            case _:
                raise Refusal(100, f"Unsupported {call.method.lower()} request.")
        return {"success": True}

    def _message(self, call: Call) -> Json:
        network, params = self.network, call.params
        recipient, message = dict(params.get("recipient") or {}), dict(params.get("message") or {})
        text = str(message.get("text", ""))
        image = str(((message.get("attachment") or {}).get("payload") or {}).get("url", ""))
        if bool(text) == bool(image):
            raise Refusal(100, "(#100) Param message must be either text or an attachment")
        if len(text) > 2000:
            raise Refusal(100, "(#100) Length of param message[text] must be less than or equal to 2000")
        target = str(recipient.get("comment_id") or recipient.get("post_id") or "")
        peer = self._commenter(target) if target else str(recipient.get("id", ""))
        if not target:
            self._check_window(peer, params)
        said = network.write_message(peer, text, app_id=network.app_id, image=image)
        correlation = str(message.get("metadata", ""))
        call.after.append(lambda: network.tell_message(said, correlation))
        delivered = {"delivery": {"mids": [said.id], "watermark": milliseconds(said.at)}}
        call.after.append(lambda: network.tell_messaging(peer, said.at, delivered))
        if target:
            network.memory.items[target].private_reply = f"t_{peer}"
        action = "private_reply" if target else "dm"
        self._heard(action, said.id, text=text, target=target, recipient=peer, correlation=correlation)
        return {"recipient_id": peer, "message_id": said.id}

    def _commenter(self, target: str) -> str:
        item = self._item(target)
        if item.private_reply:
            raise Refusal(10900, "(#10900) Activity already replied to")
        if clock.now() - item.at > timedelta(days=7):
            raise Refusal(10, "(#10) This message is sent outside of allowed window.", 2018278, 403)
        return item.author

    def _check_window(self, peer: str, params: Json) -> None:
        last = self.network.memory.last_from(peer)
        if last is None and self.network.remembers_more and peer.isdecimal():
            return
        if last is None:
            raise Refusal(100, "(#100) No matching user found", 2018001)
        tagged = params.get("messaging_type") == "MESSAGE_TAG" and params.get("tag") == "HUMAN_AGENT"
        if tagged and not self.network.human_agent:
            raise Refusal(10, "(#10) This app has no permission for the Human Agent tag", status=403)
        if clock.now() - last > timedelta(days=7 if tagged else 1):
            raise Refusal(10, "(#10) This message is sent outside of allowed window.", 2018278, 403)

    def _comment(self, call: Call, item: Item) -> Json:
        text, image = str(call.params.get("message", "")), str(call.params.get("attachment_url", ""))
        if not text and not image:
            raise Refusal(100, "(#100) Missing message or attachment")
        if len(text) > 8000:
            raise Refusal(100, "(#100) Comment is too long")
        network = self.network
        comment = network.write_comment(network.account, item, text, image=image, app_id=network.app_id)
        call.after.append(lambda: network.tell_change(comment, "add"))
        self._heard("reply", comment.id, text=text, target=item.id, recipient=item.author)
        return {"id": comment.id}

    def _heard(self, action: str, external_id: str = "", **more: str) -> None:
        self.network.hears(Heard(action, external_id, **more))

    def _item(self, external_id: str) -> Item:
        if item := self.network.memory.items.get(external_id):
            return item
        if self.network.remembers_more and re.fullmatch(r"\d{8,}(_\d{8,})?", external_id):
            return self._recall(external_id)
        sentence = f"Unsupported request. Object with ID '{external_id}' does not exist"
        raise Refusal(100, f"{sentence}, cannot be loaded due to missing permissions, or is gone", 33)

    def _recall(self, external_id: str) -> Item:
        memory = self.network.memory
        memory.people.setdefault("0", Person("0", "Somebody from before"))
        head, _, number = external_id.partition("_")
        kind = "rating" if not number else "post" if head == self.network.account else "comment"
        post = f"{self.network.account}_{head}" if kind == "comment" else ""
        return memory.add(Item(external_id, kind, "0", "", clock.now(), post=post, listed=False))

    async def read(self, call: Call) -> Json:
        """Everything that can be read."""
        network, memory = self.network, self.network.memory
        head, _, edge = call.path.partition("/")
        fields = fields_of(str(call.params.get("fields", "")))
        if ids := str(call.params.get("ids", "")):
            return {one: self._read_item(one, "", {}, fields) for one in ids.split(",")}
        match head, edge:
            case "oauth", "access_token":
                return self._token(call)
            case "dialog", "oauth":
                return network.apps.consent(call, network.app_id)
            case network.app_id, "subscriptions":
                return network.apps.subscriptions(network.about)
            case "me", "accounts":
                told = {"id": network.account, "name": network.title, "username": network.handle}
                return {"data": [told | {"access_token": network.token, "tasks": ["MODERATE", "MESSAGING"]}]}
        if head == "debug_token":
            return {"data": {"is_valid": True, "app_id": network.app_id, "expires_at": 0, "scopes": network.scopes}}
        if head == "me" or (head == network.account and not edge):
            return only({"id": network.account, "name": network.title, "username": network.handle}, fields)
        if head != network.account:
            return self._read_item(head, edge, call.params, fields)
        match edge:
            case "subscribed_apps":
                return {"data": [{"id": network.app_id, "subscribed_fields": network.apps.fields}]}
            case "conversations":
                peers = [str(call.params["user_id"])] if "user_id" in call.params else list(memory.talks)
                talks = [talk for peer in peers if (talk := newest(memory.talks.get(peer, [])))]
                talks.sort(key=lambda talk: (talk[0].at, talk[0].id), reverse=True)
                return page(talks, call.params, lambda talk: talk[0].peer, lambda talk: self._talk(talk, fields))
            case "feed":
                return page(memory.of_kind("post"), call.params, _id, lambda item: self._post(item, fields))
            case "tagged":
                posts = memory.of_kind("mention")
                return page(posts, call.params, _id, lambda item: only(post_json(memory, item), fields))
            case "ratings":
                return page(memory.of_kind("rating"), call.params, _id, lambda item: rating_json(memory, item))
        raise Refusal(2500, f"Unknown path components: /{edge}")

    def _read_item(self, head: str, edge: str, params: Json, fields: dict[str, str]) -> Json:
        memory = self.network.memory
        if edge == "messages" and head.startswith("t_"):
            return self._messages(newest(memory.talks.get(head[2:], [])), params, fields)
        if not edge and head in memory.people:
            return only({"id": head, "name": memory.people[head].name}, fields)
        item = self._item(head)
        if item.kind == "message" and not edge:
            return only(message_json(memory, item), fields)
        if edge == "comments":
            return self._comments(item, params, fields)
        if edge:
            raise Refusal(2500, f"Unknown path components: /{edge}")
        return only(comment_json(memory, item) if item.kind == "comment" else post_json(memory, item), fields)

    def _messages(self, said: list[Item], params: Json, fields: dict[str, str]) -> Json:
        return page(said, params, _id, lambda item: only(message_json(self.network.memory, item), fields))

    def _comments(self, item: Item, params: Json, fields: dict[str, str]) -> Json:
        memory = self.network.memory
        stream = memory.below.get(item.post if item.kind == "comment" else item.id, [])
        shown = newest(one for one in stream if one.listed and (item.kind != "comment" or one.parent == item.id))
        return page(shown, params, _id, lambda one: only(comment_json(memory, one), fields))

    def _post(self, item: Item, fields: dict[str, str]) -> Json:
        told = only(post_json(self.network.memory, item), fields)
        if whole := fields.get("comments"):
            comments = self._comments(item, limit(whole), below(whole))
            told |= {"comments": comments} if comments["data"] else {}
        return told

    def _talk(self, said: list[Item], fields: dict[str, str]) -> Json:
        memory, peer = self.network.memory, said[0].peer
        people = [memory.person(peer), memory.person(self.network.account)]
        told: Json = {"id": f"t_{peer}", "updated_time": graph_time(said[0].at), "participants": {"data": people}}
        if whole := fields.get("messages"):
            told["messages"] = self._messages(said, limit(whole), below(whole))
        return told


def _id(item: Item) -> str:
    return item.id
