"""A WhatsApp in miniature: one number of a business account, and the people who write to it.

network = WhatsApp(account="106540352242922", secrets=["s"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/whatsapp/demo")
message = await network.dm(Person("7001", "Ana Ruiz", "anaruiz"), text="Where is my order?")
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.meta.simulator_memory import Item
from inbox.platforms.meta.simulator_network import MetaNetwork
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Person
from inbox.platforms.whatsapp.checking import SCOPES
from inbox.platforms.whatsapp.simulator_graph import CloudServer
from inbox.platforms.whatsapp.webhooks import ABOUT, FIELDS


class WhatsApp(MetaNetwork):
    """The simulated network. `app` is what uvicorn serves.

    `hidden`: ids of people who keep their number to themselves. `old_style`: nobody has any other id than the number,
    as before 2026. `refuses_after`: what comes too late is taken first and refused by a status, not by the answer.
    """

    name: ClassVar[str] = "whatsapp"
    about: ClassVar[str] = ABOUT
    listens_to: ClassVar[Sequence[str]] = FIELDS

    def __init__(
        self,
        account: str = "106540352242922",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more`: answers to people and messages from before are taken as if they were known."""
        super().__init__(account, secrets, title=title, handle=handle, remembers_more=remembers_more)
        self.waba = str(int(account) + 1)
        self.phone = f"1555{int(account) % 10**7:07}"
        self.scopes = list(SCOPES)
        self.joined = {self.app_id}
        self.quality, self.name_status = "GREEN", "APPROVED"
        self.hidden: set[str] = set()
        self.old_style = self.refuses_after = False
        self.wants_proof = True
        self.files: dict[str, bytes] = {}
        self.peers: dict[str, str] = {}  # every way to name somebody: what their talk is kept under
        self.templates: list[Json] = [
            _template("1", "parcel_on_its_way", "Hello {{1}}, your order {{2}} is on its way."),
            _template("2", "anything_else", "Is there anything else we can do for you?"),
        ]
        self.app = CloudServer(self)

    @property
    def credentials(self) -> dict[str, Any]:
        """As a channel stores them."""
        return {"phone_number_id": self.account, "waba_id": self.waba, "access_token": self.token}

    def number(self) -> Json:
        """The number as Graph shows it."""
        return {
            "id": self.account,
            "display_phone_number": f"+{self.phone[0]} {self.phone[1:4]}-{self.phone[4:]}",
            "verified_name": self.title,
            "quality_rating": self.quality,
            "name_status": self.name_status,
        }

    # What people do

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A message to the number; whoever writes has read what came before."""
        if image:
            media = self.media(b"a picture")
            content: Json = {"id": media, "mime_type": "image/jpeg", "sha256": "x"} | (
                {"caption": text} if text else {}
            )
            return await self.write(who, "image", content, text=text, at=at)
        return await self.write(who, "text", {"body": text}, text=text, at=at)

    async def write(
        self, who: Person, kind: str, content: Any, *, text: str = "", context: str = "", at: datetime | None = None
    ) -> str:
        """A message of any type. `context`: the message it quotes."""
        peer, when = self.know(who), at or clock.now()
        for said in self.memory.talks.get(peer, []):
            if said.author == self.account and not said.hidden:  # `hidden` stands for read, which it is once
                said.hidden = True
                self.tell_status(said, "read", at=when)
        item = self.memory.add(Item(self.wamid(), "message", peer, text, when, peer=peer))
        body: Json = {"type": kind, kind: content} | (
            {"context": {"from": self.phone, "id": context}} if context else {}
        )
        self.tell_item(item, body)
        return item.id

    async def react(self, who: Person, *, target: str, emoji: str = "👍", at: datetime | None = None) -> None:
        """An emoji on a message; "" takes it away."""
        peer = self.know(who)
        item = Item(self.wamid(), "reaction", peer, emoji, at or clock.now(), peer=peer)
        self.tell_item(
            item, {"type": "reaction", "reaction": {"message_id": target} | ({"emoji": emoji} if emoji else {})}
        )

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place."""
        item = self.memory.items[external_id]
        item.text, item.edits = text, item.edits + 1
        change = Item(self.wamid(), "edit", item.author, text, at or clock.now(), peer=item.peer)
        now: Json = {"type": "text", "text": {"body": text}}
        self.tell_item(change, {"type": "edit", "edit": {"original_message_id": external_id, "message": now}})

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken back by whoever wrote it."""
        item = self.memory.items[external_id]
        self.memory.forget(item)
        change = Item(self.wamid(), "revoke", item.author, "", at or clock.now(), peer=item.peer)
        self.tell_item(change, {"type": "revoke", "revoke": {"original_message_id": external_id}})

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague answers on the phone, in WhatsApp's own app. Of what other tools send WhatsApp tells nothing."""
        if app_id:
            raise NotImplementedError("of other tools whatsapp tells nobody")
        item = self.memory.items.get(target)
        peer = item.peer if item else self.peers[target]
        said = self.write_message(peer, text, app_id="", at=at)
        self.tell_item(said, {"type": "text", "text": {"body": text}})
        return said.id

    async def renumber(self, who: Person, *, user_id: str, at: datetime | None = None) -> None:
        """Somebody is known by another id from now on."""
        before = self.know(who)
        self.memory.people[user_id] = who
        self.peers |= {who.external_id: user_id, user_id: user_id}
        when = at or clock.now()
        told = {"user_id": {"previous": before, "current": user_id}, "timestamp": str(milliseconds(when) // 1000)}
        self.tell_value("user_id_update", {**self._value(user_id), "user_id_update": [told]}, when)

    # What both sides do

    def know(self, who: Person) -> str:
        """Remember somebody. Gives what their talk is kept under."""
        peer = self.peers.get(who.external_id) or (who.external_id if self.old_style else _user_id(who.external_id))
        self.memory.people[peer] = who
        self.peers |= {who.external_id: peer, peer: peer}
        return peer

    def recall(self, kept: bytes) -> None:
        """People, and everything they and our account wrote."""
        super().recall(kept)
        people, self.memory.people = list(self.memory.people.values()), {}
        for who in people:
            self.know(who)

    def person_of(self, peer: str) -> str:
        """The id by which the cast knows somebody."""
        return self.memory.people[peer].external_id if peer in self.memory.people else peer

    def ids(self, peer: str) -> Json:
        """How WhatsApp names them to us: by number unless they keep it to themselves, and by an id since 2026."""
        number = self.person_of(peer)
        told: Json = {} if number in self.hidden or not number.isdecimal() else {"wa_id": number}
        return told if self.old_style else told | {"user_id": peer}

    def wamid(self) -> str:
        """The next message id."""
        return "wamid." + base64.b64encode(f"HBgL{self.memory.number()}".encode()).decode()

    def media(self, content: bytes) -> str:
        """Something that can be fetched. Gives its id."""
        name = self.memory.number()
        self.files[name] = content
        return name

    def write_message(self, peer: str, text: str, *, app_id: str, image: str = "", at: datetime | None = None) -> Item:
        """A message of our number."""
        said = Item(self.wamid(), "message", self.account, text, at or clock.now(), peer=peer, image=image)
        said.app_id = app_id
        return self.memory.add(said)

    def forgery(self) -> dict[str, Any]:
        """Something that would be heard if anybody believed it."""
        message = {"from": "7001", "id": "wamid.X", "timestamp": "1790000000", "type": "text", "text": {"body": "!"}}
        value = {"messaging_product": "whatsapp", "metadata": self._metadata(), "messages": [message]}
        return {"object": ABOUT, "entry": [{"id": self.waba, "changes": [{"field": "messages", "value": value}]}]}

    # What goes out

    def tell_item(self, item: Item, body: Json) -> None:
        """A message of somebody's, or the echo of one that a colleague wrote on the phone."""
        message: Json = {"id": item.id, "timestamp": str(milliseconds(item.at) // 1000), **body}
        ids = self.ids(item.peer)
        echo = item.author == self.account
        side = "to" if echo else "from"
        message |= {side: ids["wa_id"]} if "wa_id" in ids else {}
        message |= {f"{side}_user_id": ids["user_id"]} if "user_id" in ids else {}
        if echo:
            value = self._value(item.peer) | {"message_echoes": [message | {"from": self.phone}]}
            return self.tell_value("smb_message_echoes", value, item.at)
        return self.tell_value("messages", self._value(item.peer) | {"messages": [message]}, item.at)

    def tell_status(
        self,
        item: Item,
        status: str,
        callback: str = "",
        *,
        at: datetime | None = None,
        errors: list[Json] | None = None,
    ) -> None:
        """What became of a message of ours."""
        when, ids = at or clock.now(), self.ids(item.peer)
        told: Json = {"id": item.id, "status": status, "timestamp": str(milliseconds(when) // 1000)}
        told |= {"recipient_id": ids["wa_id"]} if "wa_id" in ids else {}
        told |= {"recipient_user_id": ids["user_id"]} if "user_id" in ids else {}
        told |= {"biz_opaque_callback_data": callback} if callback else {}
        told |= {"errors": errors} if errors else {}
        self.tell_value("messages", self._value(item.peer) | {"statuses": [told]}, when)

    def tell_value(self, field: str, value: dict[str, Any], at: datetime) -> None:
        """One change of the business account."""
        change = {"field": field, "value": value}
        self.postman.put({"id": self.waba, "time": milliseconds(at) // 1000, "changes": [change]})

    def _metadata(self) -> Json:
        return {"display_phone_number": self.phone, "phone_number_id": self.account}

    def _value(self, peer: str) -> Json:
        who = self.memory.people.get(peer) or Person(peer, "Somebody")
        profile: Json = {"name": who.name} | ({"username": f"@{who.handle}"} if who.handle else {})
        contact = {"profile": profile, **self.ids(peer)}
        return {"messaging_product": "whatsapp", "metadata": self._metadata(), "contacts": [contact]}


def _user_id(name: str) -> str:
    return f"PT.{int(hashlib.sha256(name.encode()).hexdigest()[:15], 16)}"


def _template(number: str, name: str, body: str) -> Json:
    told: Json = {"id": number, "name": name, "language": "en", "status": "APPROVED", "category": "UTILITY"}
    return told | {"components": [{"type": "BODY", "text": body}]}
