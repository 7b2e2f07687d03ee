"""The Graph API of the simulated Instagram, and its three doors for tokens: the part that Earshot uses."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from inbox.ground import clock
from inbox.platforms.instagram.simulator_json import comment_json, media_json, message_json, person_json
from inbox.platforms.meta.simulator_http import Call, Refusal, below, fields_of, limit, only, page
from inbox.platforms.meta.simulator_memory import Item, graph_time, newest
from inbox.platforms.meta.simulator_server import GraphServer
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Heard, Person

if TYPE_CHECKING:
    from inbox.platforms.instagram.simulator import Instagram

OPEN = ("oauth/authorize", "oauth/access_token", "access_token", "refresh_access_token")
READABLE = 20  # messages of a conversation that can be read by id


class InstagramServer(GraphServer):
    """A bare ASGI application."""

    def __init__(self, network: "Instagram") -> None:
        super().__init__(network.mischief, network.postman)
        self.network = network

    def admit(self, call: Call) -> None:
        """With the account's token."""
        network = self.network
        if call.path not in OPEN and (network.mischief.token_revoked or call.token != network.token):
            raise Refusal(190, "Error validating access token: The session has been invalidated.", 460, 401)

    # What is done

    async def act(self, call: Call) -> Json:
        """Everything but reading."""
        network = self.network
        head, _, edge = call.path.partition("/")
        head = network.account if head == "me" else head
        match head, edge:
            case "oauth", "access_token":
                network.apps.redeem(call, network.app_id, network.secrets)
                told = {"access_token": f"{network.token}hour", "user_id": int(network.account)}
                return {"data": [told | {"permissions": ",".join(network.scopes)}]}
            case network.account, "subscribed_apps":
                return network.apps.join(call)
            case network.account, "messages" if "sender_action" in call.params:
                return self._signal(call)
            case network.account, "messages":
                return self._message(call)
            case network.account, "mentions":
                return self._answer_mention(call)
        return self._act_on(call, head, edge)

    def _act_on(self, call: Call, head: str, edge: str) -> Json:
        network = self.network
        item = self._item(head)
        match call.method, edge:
            case "POST", "replies" if item.kind == "comment" and not item.parent:
                return self._reply(call, item)
            case "POST", "comments" if item.kind == "post":
                return self._reply(call, item)
            case "POST", "" if "hide" in call.params:
                item.hidden = call.params["hide"] in (True, "true")
                self._heard("hide" if item.hidden else "unhide", target=item.id)
            case "DELETE", "":
                network.memory.forget(item)
                self._heard("delete", target=item.id)
            case _:
                raise Refusal(100, f"Unsupported {call.method.lower()} request.", 33)
        return {"success": True}

    def _reply(self, call: Call, item: Item) -> Json:
        text, network = str(call.params.get("message", "")), self.network
        if not text:
            raise Refusal(100, "(#100) The parameter message is required")
        if len(text) > 2200:
            raise Refusal(100, "(#100) Comment is too long")
        comment = network.write_comment(network.account, item, text, app_id=network.app_id)
        call.after.append(lambda: network.tell_comment(comment))
        self._heard("reply", comment.id, text=text, target=item.id, recipient=item.author)
        return {"id": comment.id}

    def _answer_mention(self, call: Call) -> Json:
        text, network = str(call.params.get("message", "")), self.network
        item = self._item(str(call.params.get("comment_id") or call.params.get("media_id") or ""))
        post = network.memory.items.get(item.post, item)
        if "mention" not in (item.kind, post.kind) and item.listed:
            raise Refusal(100, "(#100) You are not mentioned there")
        comment = network.write_comment(network.account, item, text, app_id=network.app_id)
        comment.listed = False
        self._heard("reply", comment.id, text=text, target=item.id, recipient=item.author)
        return {"id": comment.id}

    def _signal(self, call: Call) -> Json:
        peer = str(dict(call.params["recipient"]).get("id", ""))
        if self.network.memory.last_from(peer) is None:
            raise Refusal(100, "(#100) No matching user found", 2018001)
        self.network.signals.append((peer, str(call.params["sender_action"])))
        return {"recipient_id": peer}

    def _message(self, call: Call) -> Json:
        network, params = self.network, call.params
        recipient, message = dict(params.get("recipient") or {}), dict(params.get("message") or {})
        text = str(message.get("text", ""))
        image = str(((message.get("attachment") or {}).get("payload") or {}).get("url", ""))
        if bool(text) == bool(image):
            raise Refusal(100, "(#100) Param message must be either text or an attachment")
        if len(text.encode()) > 1000:
            raise Refusal(100, "(#100) Length of param message[text] must be less than or equal to 1000")
        target = str(recipient.get("comment_id") or "")
        peer = self._commenter(target) if target else str(recipient.get("id", ""))
        if not target:
            self._check_window(peer, params)
        said = network.write_message(peer, text, app_id=network.app_id, image=image)
        call.after.append(lambda: network.tell_message(said))
        if target:
            network.memory.items[target].private_reply = f"t_{peer}"
        self._heard("private_reply" if target else "dm", said.id, text=text, target=target, recipient=peer)
        return {"recipient_id": peer, "message_id": said.id}

    def _commenter(self, target: str) -> str:
        item = self._item(target)
        if item.private_reply:
            raise Refusal(10900, "(#10900) Activity already replied to")
        if clock.now() - item.at > timedelta(days=7):
            raise Refusal(10, "(#10) This message is sent outside of allowed window.", 2534022, 403)
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
            raise Refusal(10, "(#10) This message is sent outside of allowed window.", 2534022, 403)

    def _heard(self, action: str, external_id: str = "", **more: str) -> None:
        self.network.hears(Heard(action, external_id, **more))

    def _item(self, external_id: str) -> Item:
        memory = self.network.memory
        if item := memory.items.get(external_id):
            return item
        if self.network.remembers_more and re.fullmatch(r"\d{12,}", external_id):
            memory.people.setdefault("0", Person("0", "Somebody from before"))
            return memory.add(Item(external_id, "comment", "0", "", clock.now(), post="0", listed=False))
        sentence = f"Unsupported request. Object with ID '{external_id}' does not exist"
        raise Refusal(100, f"{sentence}, cannot be loaded due to missing permissions, or is gone", 33)

    # What can be read

    async def read(self, call: Call) -> Json:
        """Everything that can be read."""
        network, memory = self.network, self.network.memory
        head, _, edge = call.path.partition("/")
        head = network.account if head == "me" else head
        fields = fields_of(str(call.params.get("fields", "")))
        if ids := str(call.params.get("ids", "")):
            return {one: self._read_item(one, "", {}, fields) for one in ids.split(",")}
        match head, edge:
            case "oauth", "authorize":
                return network.apps.consent(call, network.app_id)
            case (("access_token" | "refresh_access_token"), ""):
                return self._token(call, head)
            case network.account, "":
                return self._me(fields)
            case network.account, "subscribed_apps":
                return {"data": [{"app_id": network.app_id, "subscribed_fields": network.apps.fields}]}
            case network.account, "conversations":
                peers = [str(call.params["user_id"])] if "user_id" in call.params else list(memory.talks)
                talks = [talk for peer in peers if (talk := newest(memory.talks.get(peer, [])))]
                talks.sort(key=lambda talk: (talk[0].at, talk[0].id), reverse=True)
                return page(talks, call.params, lambda talk: talk[0].peer, lambda talk: self._talk(talk, fields))
            case network.account, ("media" | "tags"):
                posts = memory.of_kind("post" if edge == "media" else "mention")
                return page(posts, call.params, _id, lambda item: only(media_json(memory, item), fields))
        return self._read_item(head, edge, call.params, fields)

    def _token(self, call: Call, door: str) -> Json:
        network, given = self.network, call.token
        if door == "access_token":
            network.apps.know(call, network.app_id, network.secrets)
        if network.mischief.token_revoked or given != network.token + ("hour" if door == "access_token" else ""):
            raise Refusal(190, "Error validating access token: Session has expired.", 463, 400)
        token = network.renew() if door == "refresh_access_token" else network.token
        return {"access_token": token, "token_type": "bearer", "expires_in": network.days * 86_400}

    def _me(self, fields: dict[str, str]) -> Json:
        network, memory = self.network, self.network.memory
        for name, mark, show in (
            ("mentioned_comment", "comment_id", comment_json),
            ("mentioned_media", "media_id", media_json),
        ):
            if whole := fields.get(name):
                matched = re.search(rf"\.{mark}\((\d+)\)", whole)
                item = self._item(matched[1] if matched else "")
                return {"id": network.account, name: only(show(memory, item), below(whole))}
        me = {"id": f"9{network.account[1:]}", "user_id": network.account, "username": network.handle}
        return only(me | {"name": network.title, "profile_picture_url": "https://cdn.example/us.jpg"}, fields)

    def _read_item(self, head: str, edge: str, params: Json, fields: dict[str, str]) -> Json:
        memory = self.network.memory
        if edge == "messages" and head.startswith("t_"):
            return self._messages(newest(memory.talks.get(head[2:], [])), params, fields)
        if not edge and head in memory.people:
            told = person_json(memory, head) | {"name": memory.people[head].name}
            return only(told, fields)
        item = self._item(head)
        if edge in ("comments", "replies"):
            return self._comments(item, params, fields)
        if edge:
            raise Refusal(2500, f"Unknown path components: /{edge}")
        if item.kind == "message":
            if item not in newest(memory.talks[item.peer])[:READABLE]:
                raise Refusal(100, "(#100) The message has been deleted.", 33)
            return only(message_json(memory, item), fields)
        return only(comment_json(memory, item) if item.kind == "comment" else media_json(memory, item), fields)

    def _comments(self, item: Item, params: Json, fields: dict[str, str]) -> Json:
        memory = self.network.memory
        above = item.id if item.kind == "comment" else ""
        stream = memory.below.get(item.post if above else item.id, [])
        # Oldest first, the other way round than posts: nobody may rely on the order.
        shown = newest(one for one in stream if one.listed and one.parent == above)[::-1]
        return page(shown, params, _id, lambda one: self._comment(one, fields))

    def _comment(self, item: Item, fields: dict[str, str]) -> Json:
        told = only(comment_json(self.network.memory, item), fields)
        if whole := fields.get("replies"):
            replies = self._comments(item, limit(whole), below(whole))
            told |= {"replies": replies} if replies["data"] else {}
        return told

    def _messages(self, said: list[Item], params: Json, fields: dict[str, str]) -> Json:
        return page(said, params, _id, lambda item: only(message_json(self.network.memory, item), fields))

    def _talk(self, said: list[Item], fields: dict[str, str]) -> Json:
        memory, peer = self.network.memory, said[0].peer
        people = [person_json(memory, peer), person_json(memory, self.network.account)]
        told: Json = {"id": f"t_{peer}", "updated_time": graph_time(said[0].at), "participants": {"data": people}}
        if whole := fields.get("messages"):
            told["messages"] = self._messages(said, limit(whole), below(whole))
        return told


def _id(item: Item) -> str:
    return item.id
