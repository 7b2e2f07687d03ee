"""A Facebook in miniature: one Page, its posts, its messages, its recommendations, and the people around it.

network = Facebook(account="1040", secrets=["s"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/facebook/demo")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.facebook.checking import SCOPES, WEBHOOKS
from inbox.platforms.facebook.simulator_graph import PageServer
from inbox.platforms.meta.simulator_memory import Item
from inbox.platforms.meta.simulator_network import MetaNetwork
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Person

PAGE_INBOX = "263902037430900"


class Facebook(MetaNetwork):
    """The simulated network. `app` is what uvicorn serves."""

    name: ClassVar[str] = "facebook"
    about: ClassVar[str] = "page"
    listens_to: ClassVar[Sequence[str]] = WEBHOOKS

    def __init__(
        self,
        account: str = "104050607080901",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more`: answers to items from before this process began are taken as if they were known."""
        super().__init__(account, secrets, title=title, handle=handle, remembers_more=remembers_more)
        self.scopes = list(SCOPES)
        self.anonymous_mentions = False
        self.app = PageServer(self)

    @property
    def credentials(self) -> dict[str, Any]:
        """The Page and its own token, which does not end."""
        return {"page_id": self.account, "access_token": self.token}

    @property
    def user_token(self) -> str:
        """Of the person who manages the Page, for a few weeks."""
        return self.begins_with + self.made("the person's token")

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """A post of the Page."""
        post = Item(f"{self.account}_{self.memory.number()}", "post", self.account, text, at or clock.now())
        return self.memory.add(post).id

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """Below a post, a recommendation or another comment."""
        self.memory.people[who.external_id] = who
        comment = self.write_comment(who.external_id, self.memory.items[parent or post], text, at=at)
        self.tell_change(comment, "add")
        return comment.id

    async def visit(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """Somebody writes a post on the Page."""
        self.memory.people[who.external_id] = who
        post = Item(f"{self.account}_{self.memory.number()}", "post", who.external_id, text, at or clock.now())
        post.image = image
        self.tell_change(self.memory.add(post), "add")
        return post.id

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A post on somebody's own page that tags ours."""
        self.memory.people[who.external_id] = who
        post = Item(f"{who.external_id}_{self.memory.number()}", "mention", who.external_id, text, at or clock.now())
        self.tell_change(self.memory.add(post), "add")
        return post.id

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A message to the Page; whoever writes has read what the Page wrote before."""
        self.memory.people[who.external_id] = who
        peer, when = who.external_id, at or clock.now()
        said = [one for one in self.memory.talks.get(peer, []) if one.author == self.account]
        if said:
            self.tell_messaging(peer, when, {"read": {"watermark": milliseconds(max(one.at for one in said))}})
        message = self.memory.add(Item(self.memory.mid(), "message", peer, text, when, peer=peer, image=image))
        self.tell_message(message)
        return message.id

    async def review(self, who: Person, *, text: str, positive: bool, at: datetime | None = None) -> str:
        """A recommendation, or the opposite."""
        self.memory.people[who.external_id] = who
        rating = Item(self.memory.number(), "rating", who.external_id, text, at or clock.now(), positive=positive)
        self.tell_change(self.memory.add(rating), "add")
        return rating.id

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place."""
        item, when = self.memory.items[external_id], at or clock.now()
        item.text, item.edits = text, item.edits + 1
        if item.kind == "message":
            edit = {"mid": item.id, "text": text, "num_edit": str(item.edits)}
            self.tell_messaging(item.peer, when, {"message_edit": edit}, by=item.author)
        else:
            self.tell_change(item, "edited", at=when)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by whoever wrote it."""
        item, when = self.memory.items[external_id], at or clock.now()
        self.memory.forget(item)
        if item.kind == "message":
            self.tell_messaging(item.peer, when, {"message": {"mid": item.id, "is_deleted": True}}, by=item.author)
        else:
            self.tell_change(item, "remove", at=when)

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """The Page answers from its own inbox, or from another app. `target`: an item, or a person's id."""
        item = self.memory.items.get(target)
        if item is None or item.kind == "message":
            said = self.write_message(item.peer if item else target, text, app_id=app_id or PAGE_INBOX, at=at)
            self.tell_message(said)
            return said.id
        # There is no third level: whoever answers a reply there stands beside it, and Facebook tags whom it is for.
        named = item.author if item.parent and item.author != self.account else ""
        words = f"{self.memory.name_of(named)} {text}" if named else text
        comment = self.write_comment(self.account, item, words, at=at, app_id=app_id)
        comment.named = named
        self.tell_change(comment, "add")
        return comment.id

    async def react(self, who: Person, *, target: str) -> None:
        """A heart for something. Earshot counts these nowhere."""
        self.memory.people[who.external_id] = who
        value = {
            "item": "reaction",
            "verb": "add",
            "reaction_type": "love",
            "from": self.memory.person(who.external_id),
        }
        self.tell_value("feed", value | {"post_id": target, "parent_id": target}, clock.now())

    def forgery(self) -> dict[str, Any]:
        """A comment nobody wrote."""
        value = {"item": "comment", "verb": "add", "comment_id": "1_1", "post_id": f"{self.account}_1", "message": "!"}
        entry = {"id": self.account, "time": 1790000000, "changes": [{"field": "feed", "value": value}]}
        return {"object": self.about, "entry": [entry]}

    # What both the people's side and the Graph side do

    def write_comment(
        self, author: str, above: Item, text: str, *, at: datetime | None = None, image: str = "", app_id: str = ""
    ) -> Item:
        """A comment below a post, a recommendation or a comment: two levels deep, as on Facebook, and never more."""
        reply = above.kind == "comment"
        post = above.post if reply else above.id
        number = f"{post.rpartition('_')[2]}_{self.memory.number()}"
        comment = Item(number, "comment", author, text, at or clock.now(), post=post, image=image, app_id=app_id)
        comment.parent = (above.parent or above.id) if reply else ""
        return self.memory.add(comment)

    # What goes out

    def tell_change(self, item: Item, verb: str, *, at: datetime | None = None) -> None:
        """What became of a post, a comment or a recommendation."""
        when = at or item.at
        value: dict[str, Any] = {"verb": verb, "created_time": milliseconds(item.at) // 1000}
        value |= {"from": self.memory.person(item.author)} | ({} if verb == "remove" else {"message": item.text})
        if tags := self.memory.tags(item):
            value["message_tags"] = tags
        if verb == "edited":
            value["edited_time"] = milliseconds(when) // 1000
        under = self.memory.items.get(item.post)
        story = item if item.kind == "rating" else under if under is not None and under.kind == "rating" else None
        if item.kind == "comment":
            post = f"{story.author}_{story.id}" if story else item.post
            value |= {"item": "comment", "comment_id": item.id, "post_id": post, "parent_id": item.parent or post}
            if not story:
                value["post"] = {
                    "id": post,
                    "permalink_url": f"https://www.facebook.com/{post.replace('_', '/posts/')}",
                }
            value |= {"photo": item.image} if item.image else {}
        elif item.kind == "rating":
            words, kind = value.pop("message", ""), "POSITIVE" if item.positive else "NEGATIVE"
            value |= {"item": "rating", "reviewer_id": item.author, "reviewer_name": value.pop("from")["name"]}
            value |= {"recommendation_type": kind, "review_text": words, "comment_id": None}
        else:
            value |= {"item": "post", "post_id": item.id} | ({"photo": item.image} if item.image else {})
        if story:
            value["open_graph_story_id"] = story.id
        if item.kind == "mention":
            person = value.pop("from")
            value |= {} if self.anonymous_mentions else {"sender_id": person["id"], "sender_name": person["name"]}
        self.tell_value("ratings" if story else "mention" if item.kind == "mention" else "feed", value, when)
