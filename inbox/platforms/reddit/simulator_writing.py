"""What an account may write on the simulated Reddit: comments, private messages, removals."""

from typing import TYPE_CHECKING, Any

from inbox.ground import clock
from inbox.platforms.base import Action
from inbox.platforms.reddit.simulator_http import Call, errors, forbidden
from inbox.platforms.reddit.simulator_memory import Item
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Heard

if TYPE_CHECKING:
    from inbox.platforms.reddit.simulator import RedditSimulator

LONGEST = 10_000


class Desk:
    """The write half of /api."""

    def __init__(self, network: "RedditSimulator") -> None:
        self.network, self.memory, self.looks = network, network.memory, network.looks
        self.nameless_messages = False  # answers name every message t4_zzzzzzzzzzzz, as they did in 2025

    def written(self, call: Call, what: str) -> Any:
        """Do it; False where there is no such door."""
        match what:
            case "comment":
                return self._comment(call)
            case "compose":
                return self._compose(call)
            case "editusertext":
                return self._edit(call)
            case "submit":
                return self._submit(call)
            case "del":
                return self._delete(call)
            case "remove" | "approve":
                return self._moderate(call, what)
            case "read_message":
                for name in call["id"].split(","):
                    if item := self.memory.items.get(name):
                        item.unread = False
                return {}
        return False

    def _text(self, call: Call) -> str:
        text = call["text"].strip()
        if not text:
            raise errors("NO_TEXT", "we need something here", "text")
        if len(text) > LONGEST:
            raise errors("TOO_LONG", f"this is too long (max: {LONGEST})", "text")
        return text

    def _comment(self, call: Call) -> Json:
        above, text = self.memory.items.get(call["thing_id"]), self._text(call)
        if above is None or above.gone:
            code = "DELETED_LINK" if call["thing_id"].startswith("t3_") else "DELETED_COMMENT"
            raise errors(code, "that comment has been deleted", "parent")
        post = self.memory.items.get(above.post, above)
        if post.locked or above.locked:
            raise errors("THREAD_LOCKED", "Comments are locked.", "parent")
        if above.kind == "t4":
            peer = above.author if above.author != call.user else above.dest
            made = self.memory.write_message(call.user, peer, "", text, above=above)
        else:
            made = self.memory.write_comment(call.user, above, text)
        self._heard(call, Action.DM if above.kind == "t4" else Action.REPLY, made, above)
        data = self.looks.shown(made, call.user)
        if above.kind == "t4" and self.nameless_messages:
            data |= {"name": f"t4_{'z' * 12}", "id": "z" * 12}
        return {"json": {"errors": [], "data": {"things": [{"kind": made.kind, "data": data}]}}}

    def _compose(self, call: Call) -> Json:
        text, to = self._text(call), call["to"].removeprefix("/").removeprefix("u/")
        peer = next((name for name in self.memory.people if name.casefold() == to.casefold()), "")
        if not peer or peer in self.memory.closed:
            raise errors("USER_DOESNT_EXIST", "that user doesn't exist", "to")
        if not call["subject"]:
            raise errors("NO_SUBJECT", "please enter a subject", "subject")
        if len(call["subject"]) > 100:
            raise errors("TOO_LONG", "this is too long (max: 100)", "subject")
        made = self.memory.write_message(call.user, peer, call["subject"], text)
        self._heard(call, Action.DM, made, None)
        return {"json": {"errors": []}}

    def _edit(self, call: Call) -> Json:
        item, text = self._own(call, "thing_id"), self._text(call)
        item.text, item.edited = text, clock.now()
        data = self.looks.shown(item, call.user)
        return {"json": {"errors": [], "data": {"things": [{"kind": item.kind, "data": data}]}}}

    def _submit(self, call: Call) -> Json:
        made = self.memory.write_post(call.user, call["sr"], call["title"], call["text"])
        data = {"id": made.name[3:], "name": made.name, "url": f"https://www.reddit.com{self.looks.path(made)}"}
        return {"json": {"errors": [], "data": data}}

    def _delete(self, call: Call) -> Json:
        """Somebody else's comment stays where it is, and the answer is the same."""
        item = self.memory.items.get(call["id"])
        if item and item.author == call.user and not item.gone:
            item.gone = "deleted"
            self._heard(call, Action.DELETE, item, item)
        return {}

    def _moderate(self, call: Call, what: str) -> Json:
        item = self.memory.items.get(call["id"])
        if item is None or not self.memory.moderates(call.user, item.subreddit):
            raise forbidden()
        if what == "remove":
            item.gone, item.removed_at, item.by = "removed", clock.now(), call.user
        else:
            item.gone, item.approved_at, item.by = "", clock.now(), call.user
        self._heard(call, Action.HIDE if what == "remove" else Action.UNHIDE, item, item)
        return {}

    def _own(self, call: Call, field: str) -> Item:
        item = self.memory.items.get(call[field])
        if item is None or item.author != call.user:
            raise forbidden()
        return item

    def _heard(self, call: Call, action: Action, made: Item, target: Item | None) -> None:
        if call.user != self.memory.us:
            return
        reached = made.dest or (target.author if target else "")
        who = self.memory.people.get(reached)
        acts = action in (Action.REPLY, Action.DM)
        self.network.hears(
            Heard(
                action=str(action),
                external_id=made.name,
                text=made.text if acts else "",
                target=target.name if target else "",
                recipient=who.external_id if who else "",
            )
        )
