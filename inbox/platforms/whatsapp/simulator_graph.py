"""The Graph API of the simulated WhatsApp: the part that Earshot uses, with its errors."""

import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from inbox.ground import clock
from inbox.platforms.meta.signature import proof
from inbox.platforms.meta.simulator_http import Call, Refusal, only, page
from inbox.platforms.meta.simulator_memory import Item
from inbox.platforms.meta.simulator_server import GraphServer
from inbox.platforms.reading import record, records
from inbox.platforms.simulated_http import Json, Receive, Scope, Send
from inbox.platforms.simulation import Heard
from inbox.platforms.whatsapp.statuses import OURS

if TYPE_CHECKING:
    from inbox.platforms.whatsapp.simulator import WhatsApp

DAY = timedelta(hours=24)
SENT_AS = {"image": "image", "video": "video", "audio": "audio", "document": "document"}


class CloudServer(GraphServer):
    """A bare ASGI application."""

    def __init__(self, network: "WhatsApp") -> None:
        super().__init__(network.mischief, network.postman)
        self.network = network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; files lie below /files and want the token too."""
        if scope["type"] == "http" and scope["path"].startswith("/files/"):
            held = dict(scope["headers"]).get(b"authorization", b"").decode() == f"Bearer {self.network.token}"
            content = self.network.files.get(scope["path"].removeprefix("/files/")) if held else None
            status = 401 if not held else 200 if content is not None else 404
            await send({"type": "http.response.start", "status": status, "headers": []})
            return await send({"type": "http.response.body", "body": content or b""})
        return await super().__call__(scope, receive, send)

    def is_write(self, call: Call) -> bool:
        """Read marks and typing are courtesies."""
        return super().is_write(call) and call.params.get("status") != "read"

    def admit(self, call: Call) -> None:
        """By token and proof."""
        network = self.network
        apps = {f"{network.app_id}|{secret}" for secret in network.secrets}
        may_be_app = call.path == "debug_token" or call.path.startswith(f"{network.app_id}/")
        if self.mischief.token_revoked or call.token not in {network.token, *(apps if may_be_app else ())}:
            raise Refusal(190, "Error validating access token: The session has been invalidated.", 460, 401)
        given = str(call.params.get("appsecret_proof", ""))
        fits = [hmac.compare_digest(proof(secret, call.token), given) for secret in network.secrets]
        if network.wants_proof and not any(fits):
            raise Refusal(100, "Invalid appsecret_proof provided in the API argument")

    async def read(self, call: Call) -> Json:
        """The number, the business account, media, and what the app is told."""
        network = self.network
        head, _, edge = call.path.partition("/")
        if head == "debug_token":
            return {"data": {"is_valid": True, "app_id": network.app_id, "expires_at": 0, "scopes": network.scopes}}
        if head == network.app_id and edge == "subscriptions":
            return network.apps.subscriptions(network.about)
        if head == network.account and not edge:
            fields = [name for name in str(call.params.get("fields", "")).split(",") if name]
            return only(network.number(), fields)
        if head == network.waba:
            return self._business(edge, call.params)
        if head in network.files and not edge:
            url = f"{network.url}/files/{head}"
            content = network.files[head]
            told: Json = {"messaging_product": "whatsapp", "url": url, "mime_type": "image/jpeg", "id": head}
            return told | {"file_size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        sentence = f"Unsupported get request. Object with ID '{head}' does not exist"
        raise Refusal(100, f"{sentence}, cannot be loaded due to missing permissions, or is gone", 33)

    def _business(self, edge: str, params: Json) -> Json:
        network = self.network
        match edge:
            case "subscribed_apps":
                return {"data": [{"whatsapp_business_api_data": {"id": one, "name": "App"}} for one in network.joined]}
            case "message_templates":
                return page(network.templates, params, lambda one: str(one["id"]), dict)
            case "phone_numbers":
                return {"data": [network.number()]}
        raise Refusal(2500, f"Unknown path components: /{edge}")

    async def act(self, call: Call) -> Json:
        """Messages, courtesies and subscriptions."""
        network = self.network
        head, _, edge = call.path.partition("/")
        if head == network.app_id and edge == "subscriptions":
            return await network.apps.subscribe(call)
        if head == network.waba and edge == "subscribed_apps":
            network.joined.add(network.app_id)
            return {"success": True}
        if head != network.account or edge != "messages":
            raise Refusal(100, "Unsupported post request. Object does not exist or is gone", 33)
        if call.params.get("messaging_product") != "whatsapp":
            raise Refusal(100, "(#100) The parameter messaging_product is required.")
        if call.params.get("status") == "read":
            return self._courtesy(call.params)
        return self._message(call)

    def _courtesy(self, params: Json) -> Json:
        name = str(params.get("message_id", ""))
        if name not in self.network.memory.items and not self.network.remembers_more:
            raise Refusal(131009, "(#131009) Parameter value is not valid")
        shown = "typing" if record(params.get("typing_indicator")) else "seen"
        self.network.signals.append((name, shown))
        return {"success": True}

    def _message(self, call: Call) -> Json:
        network, params = self.network, call.params
        peer = self._recipient(params)
        kind = str(params.get("type") or "text")
        content = record(params.get(kind))
        if kind == "reaction":
            return self._react(peer, content)
        text, image = self._checked(kind, content)
        late = kind != "template" and self._is_late(peer)
        if late and not network.refuses_after:
            raise Refusal(131047, "(#131047) Re-engagement message")
        said = network.write_message(peer, text, app_id=network.app_id, image=image)
        callback = str(params.get("biz_opaque_callback_data", ""))
        if late:
            error = {"code": 131047, "title": "Re-engagement message", "message": "Re-engagement message"}
            error["error_data"] = {"details": "More than 24 hours have passed since the customer last replied."}
            call.after.append(lambda: network.tell_status(said, "failed", callback, errors=[error]))
        else:
            call.after.append(lambda: network.tell_status(said, "sent", callback))
            call.after.append(lambda: network.tell_status(said, "delivered", callback))
        context = str(record(params.get("context")).get("message_id", ""))
        correlation = callback.removeprefix(OURS)
        whom = network.person_of(peer)
        network.hears(Heard("dm", said.id, text=text, target=context, recipient=whom, correlation=correlation))
        return self._taken(peer, said.id)

    def _recipient(self, params: Json) -> str:
        network = self.network
        given = str(params.get("to") or params.get("recipient") or "").lstrip("+")
        if not given:
            raise Refusal(131008, "(#131008) Required parameter is missing: to")
        if params.get("recipient_type", "individual") != "individual":
            raise Refusal(131009, "(#131009) Parameter value is not valid: recipient_type")
        peer = network.peers.get(given)
        if peer is None and not network.remembers_more:
            raise Refusal(131026, "(#131026) Message undeliverable")
        return peer or given

    def _is_late(self, peer: str) -> bool:
        last = self.network.memory.last_from(peer)
        if last is None:
            return not self.network.remembers_more
        return clock.now() - last > DAY

    def _checked(self, kind: str, content: Json) -> tuple[str, str]:
        match kind:
            case "text":
                body = str(content.get("body", ""))
                if not body.strip():
                    raise Refusal(131008, "(#131008) Required parameter is missing: text['body']")
                if len(body) > 4096:
                    raise Refusal(100, "(#100) Param text['body'] must be at most 4096 characters long.")
                return body, ""
            case "template":
                return self._filled(content), ""
            case _ if kind in SENT_AS:
                link = str(content.get("link", ""))
                if not link and not content.get("id"):
                    raise Refusal(131008, "(#131008) Required parameter is missing: link or id")
                return str(content.get("caption", "")), link
        raise Refusal(131051, "(#131051) Unsupported message type")

    def _filled(self, content: Json) -> str:
        language = str(record(content.get("language")).get("code", ""))
        chosen = next(
            (
                one
                for one in self.network.templates
                if (one["name"], one["language"]) == (content.get("name"), language)
            ),
            None,
        )
        if chosen is None or chosen["status"] != "APPROVED":
            raise Refusal(132001, "(#132001) Template name does not exist in the translation", status=404)
        body: str = next(part["text"] for part in chosen["components"] if part["type"] == "BODY")
        given = [one for part in records(content.get("components")) for one in records(part.get("parameters"))]
        if len(given) != body.count("{{"):
            raise Refusal(132000, "(#132000) Number of parameters does not match the expected number of params")
        for place, one in enumerate(given, 1):
            body = body.replace(f"{{{{{place}}}}}", str(one.get("text", "")))
        return body

    def _react(self, peer: str, content: Json) -> Json:
        network, name = self.network, str(content.get("message_id", ""))
        item = network.memory.items.get(name)
        if item is None and not network.remembers_more:
            raise Refusal(131009, "(#131009) Parameter value is not valid: message_id")
        item = item or network.memory.add(Item(name, "message", peer, "", clock.now(), peer=peer))
        item.liked = bool(content.get("emoji"))
        network.hears(Heard("like" if item.liked else "unlike", "", target=item.id))
        return self._taken(peer, network.wamid())

    def _taken(self, peer: str, name: str) -> Json:
        contact: dict[str, Any] = {"input": peer} | self.network.ids(peer)
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": name}]}
