"""The simulated Reddit's HTTP: what a client of one account needs of www.reddit.com and oauth.reddit.com."""

import asyncio
import re
from typing import TYPE_CHECKING, Any

from inbox.ground import clock
from inbox.platforms.reddit.reading import MODMAIL_ID
from inbox.platforms.reddit.simulator_http import Call, Refusal, forbidden, listing, not_found, read_call
from inbox.platforms.reddit.simulator_mail import Mailroom
from inbox.platforms.reddit.simulator_memory import Item
from inbox.platforms.reddit.simulator_writing import Desk
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, answer, live, spoiled_after, spoiled_before

if TYPE_CHECKING:
    from inbox.platforms.reddit.simulator import RedditSimulator

WINDOW = 600  # seconds
CALLS = 1000  # in a window
REACH = 1000
NOBODYS_AGENT = re.compile(r"(python-httpx|python-requests|curl|Mozilla)/", re.IGNORECASE)
SORTS = {"mentions": ("username_mention",), "comments": ("comment_reply",), "selfreply": ("post_reply",)}


class Doors:
    """An ASGI application over the memory. `calls`: every request, as it came."""

    def __init__(self, network: "RedditSimulator") -> None:
        self.network, self.memory, self.sessions = network, network.memory, network.sessions
        self.looks = network.looks
        self.desk, self.mailroom = Desk(network), Mailroom(network)
        self.calls: list[Call] = []
        self.left: float | None = None  # calls left of this window; None: as many as there are
        self.reach = REACH  # things that a listing goes back
        self.reset = 0  # seconds to the end of the window; 0: as the clock has it
        self.failing: dict[str, Refusal] = {}  # answers by path, until taken out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        call = await read_call(scope, receive)
        self.calls.append(call)
        await asyncio.sleep(self.network.mischief.slow)
        writes = call.method == "POST" and not call.path.startswith(("api/v1/", "api/read_message"))
        try:
            if writes and await spoiled_before(self.network.mischief, receive, send):
                return
            told = self._answer(call)
        except Refusal as refused:
            await answer(send, refused.status, refused.body, self._limits() | refused.headers)
            return
        if not (writes and await spoiled_after(self.network.mischief, receive, send)):
            status = 201 if writes and call.path.startswith("api/mod/conversations/") and told else 200
            await answer(send, 204 if told is None else status, told, self._limits())

    def _limits(self) -> dict[str, str]:
        left = CALLS - 1 if self.left is None else self.left
        reset = self.reset or WINDOW - int(clock.now().timestamp()) % WINDOW
        told = {"remaining": f"{left:.1f}", "used": str(int(CALLS - left)), "reset": str(reset)}
        return {f"x-ratelimit-{name}": value for name, value in told.items()}

    def _answer(self, call: Call) -> Any:
        agent = call.headers.get("user-agent", "")
        if not agent or NOBODYS_AGENT.search(agent):
            raise Refusal(429, "<html>whoa there, pardner!</html>")
        if call.path in self.failing:
            raise self.failing[call.path]
        if call.path == "api/v1/authorize":
            raise Refusal(302, None, {"location": self.sessions.authorise(call)})
        if call.path == "api/v1/access_token":
            return self.sessions.token(call)
        call.user = self.sessions.whose(
            call.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("bearer ")
        )
        if self.left is not None:
            if self.left < 1:
                raise Refusal(429, {"message": "Too Many Requests", "error": 429})
            self.left -= 1
        told = self._get(call) if call.method == "GET" else self._post(call)
        if told is False:
            raise not_found()
        return told

    # Reading

    def _get(self, call: Call) -> Any:
        match call.path.split("/"):
            case ["api", "v1", "me"]:
                return self._person(call.user) | {"inbox_count": 0}
            case ["api", "info"]:
                found = [self.memory.items.get(name) for name in call["id"].split(",")]
                return self._things([one for one in found if one and self._may(one, call.user)], call)
            case ["message", "messages", name]:
                return self._things([self._item(f"t4_{name}")], call)
            case ["message", box]:
                return self._box(box, call)
            case ["user", name, "about"]:
                return {"kind": "t2", "data": self._person(self._known(name))}
            case ["user", name, ("comments" | "submitted") as what]:
                kind, author = "t1" if what == "comments" else "t3", self._known(name)
                wanted = (one for one in self.memory.items.values() if one.author == author and one.kind == kind)
                return self._things([one for one in self.memory.newest(wanted) if one.gone != "deleted"], call)
            case ["r", name, what]:
                return self._subreddit(name, what, call)
            case ["comments", name, *_]:
                return self._thread(f"t3_{name}", call)
            case ["api", "mod", "conversations"]:
                return self.mailroom.listed(call)
            case ["api", "mod", "conversations", name] if MODMAIL_ID.fullmatch(name):
                return self.mailroom.shown(call, name)
        return False

    def _box(self, box: str, call: Call) -> Json:
        user = call.user
        if box == "sent":
            mine = (one for one in self.memory.items.values() if one.kind == "t4" and one.author == user)
            return self._things(self.memory.newest(mine), call)
        told = {item.name: (item, sort) for item, sort in self.memory.inbox(user) if not item.gone}
        if box in SORTS:
            told = {name: pair for name, pair in told.items() if pair[1] in SORTS[box]}
        elif box == "messages":
            told = {name: pair for name, pair in told.items() if pair[0].kind == "t4"}
        elif box == "unread":
            told = {name: pair for name, pair in told.items() if pair[0].unread}
        elif box != "inbox":
            raise not_found()
        order = self.memory.newest(item for item, _ in told.values())
        shown = [{"kind": item.kind, "data": self.looks.in_inbox(item, told[item.name][1], user)} for item in order]
        return listing(shown[: self.reach], call)

    def _subreddit(self, name: str, what: str, call: Call) -> Any:
        everywhere = name in ("all", "popular")
        wanted = {each.casefold() for each in name.split("+")}
        if not everywhere and wanted & self.memory.private:
            raise forbidden("private")
        there = [one for one in self.memory.items.values() if everywhere or one.subreddit.casefold() in wanted]
        if what == "about":
            moderator = self.memory.moderates(call.user, name)
            return {"kind": "t5", "data": {"display_name": name, "user_is_moderator": moderator}}
        kind = "t1" if what == "comments" else "t3"
        found = self.memory.newest(one for one in there if one.kind == kind and not one.gone)
        if what == "search":
            words = [word.strip().strip('"').casefold() for word in call["q"].split(" OR ")]
            found = [one for one in found if any(word in f"{one.title} {one.text}".casefold() for word in words)]
        elif what not in ("comments", "new"):
            return False
        return self._things(found, call)

    def _thread(self, name: str, call: Call) -> list[Json]:
        post = self._item(name)
        below = self.memory.newest(one for one in self.memory.items.values() if one.post == name)

        def tree(parent: str) -> list[Json]:
            return [
                {"kind": "t1", "data": self.looks.shown(one, call.user) | {"replies": replies(one.name)}}
                for one in below
                if one.parent == parent
            ]

        def replies(parent: str) -> Any:
            children = tree(parent)
            return {"kind": "Listing", "data": {"after": None, "children": children}} if children else ""

        head = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": self.looks.shown(post, call.user)}]}}
        whole = tree(name)
        if only := call["comment"]:
            one = self._item(f"t1_{only}")
            whole = [{"kind": "t1", "data": self.looks.shown(one, call.user) | {"replies": replies(one.name)}}]
        return [head, {"kind": "Listing", "data": {"after": None, "children": whole}}]

    def _things(self, items: list[Item], call: Call) -> Json:
        shown = [{"kind": one.kind, "data": self.looks.listed(one, call.user)} for one in items[: self.reach]]
        return listing(shown, call)

    def _may(self, item: Item, user: str) -> bool:
        return item.kind != "t4" and item.gone != "lost" and item.subreddit.casefold() not in self.memory.private

    def _item(self, name: str) -> Item:
        item = self.memory.items.get(name)
        if item is None or item.gone == "lost":
            raise not_found()
        return item

    def _known(self, name: str) -> str:
        for known in self.memory.people:
            if known.casefold() == name.casefold() and known not in self.memory.closed:
                return known
        raise not_found()

    def _person(self, name: str) -> Json:
        who, icon = self.memory.people[name], f"https://www.redditstatic.com/avatars/{name}.png"
        page = {"display_name": f"u_{name}", "name": f"t5_{name.lower()}", "title": who.name}
        return {"name": name, "id": name.lower(), "icon_img": icon, "subreddit": page, "created_utc": 1.0}

    # Writing

    def _post(self, call: Call) -> Any:
        match call.path.split("/"):
            case ["api", "mod", "conversations", *rest]:
                return self.mailroom.written(call, rest)
            case ["api", what]:
                return self.desk.written(call, what)
        return False
