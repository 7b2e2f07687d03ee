"""What the simulated X shows to those who ask: people, posts, searches and messages, page by page."""

from datetime import timedelta
from typing import TYPE_CHECKING

from inbox.ground import clock
from inbox.platforms.simulated_http import Json
from inbox.platforms.x.reading import id_at
from inbox.platforms.x.simulator_http import Call, Refusal, number, page
from inbox.platforms.x.simulator_memory import Message, Post

if TYPE_CHECKING:
    from inbox.platforms.x.simulator import X

SHAPES = {"expansions", "user.fields", "media.fields", "poll.fields", "place.fields"}
POSTS = {"post.fields", "tweet.fields", *SHAPES}
EDGES = {
    "mentions": {"max_results", "pagination_token", "since_id", "until_id", "start_time", "end_time", *POSTS},
    "tweets": {"max_results", "pagination_token", "since_id", "until_id", "start_time", "end_time", "exclude", *POSTS},
}
SEARCH = {"query", "max_results", "next_token", "pagination_token", "since_id", "start_time", "sort_order", *POSTS}
MESSAGES = {"max_results", "pagination_token", "event_types", "dm_event.fields", *POSTS}


class Reads:
    """The reading half of the API. Whatever it gives is as narrow as it was asked for."""

    def __init__(self, network: "X") -> None:
        self.network = network

    def person(self, who: str) -> Json:
        """Somebody, or the problem that they are not there."""
        if who != self.network.account and who not in self.network.memory.people:
            raise Refusal(404, "resource-not-found", f"Could not find user with id: [{who}].")
        return self.network.memory.user_json(who)

    def post(self, one: str) -> Post:
        """A post by the id of any version."""
        if not (post := self.network.memory.current(one)):
            raise Refusal(404, "resource-not-found", f"Could not find tweet with id: [{one}].", title="Not Found Error")
        return post

    def message(self, one: str) -> Message:
        """A message."""
        if one not in self.network.memory.messages:
            raise Refusal(404, "resource-not-found", f"Could not find event with id: [{one}].")
        return self.network.memory.messages[one]

    def timeline(self, call: Call, edge: str) -> Json:
        """Mentions of ours, or our own posts."""
        _only(call, EDGES[edge])
        memory, account = self.network.memory, self.network.account
        size = number(call.query, "max_results", 5, 100, 10)
        if edge == "tweets":
            return self._paged(call, [post for post in memory.posts.values() if post.author == account], size)
        mentions = [
            post
            for post in memory.posts.values()
            if post.author != account
            and any(one["id"] == account for one in memory.post_json(post).get("entities", {}).get("mentions", []))
        ]
        return self._paged(call, memory.newest(mentions)[:800], size)

    def search(self, call: Call) -> Json:
        """The last seven days."""
        _only(call, SEARCH)
        query, oldest = call.query.get("query", ""), id_at(clock.now() - timedelta(days=7))
        if not query or len(query) > 512:
            raise Refusal(400, "invalid-request", "The query is missing or longer than 512 characters.")
        if int(call.query.get("since_id", str(oldest))) < oldest:
            raise Refusal(400, "invalid-request", "'since_id' must be a tweet id created after a week ago.")
        wanted = [part.partition(":")[::2] for part in query.split(" OR ")]
        found = [
            post
            for post in self.network.memory.posts.values()
            for operator, value in wanted
            if value == {"conversation_id": post.conversation, "quotes_of_tweet_id": post.quoted}.get(operator)
        ]
        recent = {post.id: post for post in found if int(post.id) > oldest}
        return self._paged(call, list(recent.values()), number(call.query, "max_results", 10, 100, 10))

    def by_ids(self, call: Call) -> Json:
        """Posts one by one, with what is missing."""
        _only(call, {"ids", *POSTS})
        ids = call.query.get("ids", "").split(",")
        if len(ids) > 100:
            raise Refusal(400, "invalid-request", "At most 100 ids.")
        found = {one: post for one in ids if (post := self.network.memory.current(one))}
        told = self.shown(call, list(found.values()), {}, asked=list(found))
        missing = [
            {"resource_id": one, "value": one, "parameter": "ids", "resource_type": "tweet", "title": "Not Found Error",
             "detail": f"Could not find tweet with ids: [{one}].",
             "type": "https://api.x.com/2/problems/resource-not-found"}
            for one in ids
            if one not in found
        ]  # fmt: skip
        return (told if found else {}) | ({"errors": missing} if missing else {})

    def _paged(self, call: Call, posts: list[Post], size: int) -> Json:
        shown, meta = page(self.network.memory.newest(posts), call.query, size)
        return self.shown(call, shown, {"meta": meta})

    def shown(
        self, call: Call, posts: list[Post], more: Json, *, single: bool = False, asked: list[str] | None = None
    ) -> Json:
        """Posts in the names in which they were asked for."""
        memory, expansions = self.network.memory, call.query.get("expansions", "").split(",")
        old = "post.fields" not in call.query and "referenced_posts" not in expansions
        fields = (call.query.get("tweet.fields") or call.query.get("post.fields") or "").split(",")
        data = [_narrowed(memory.post_json(post, old=old), {*fields, *expansions}, old) for post in posts]
        for item, one in zip(data, asked or [], strict=False):
            item["id"] = one  # an older version is shown under its own id
        includes: Json = {}
        if "author_id" in expansions:
            includes["users"] = [memory.user_json(who) for who in dict.fromkeys(post.author for post in posts)]
        if {"referenced_posts", "referenced_tweets.id"} & set(expansions):
            near = [memory.current(one) for post in posts for one in (post.above, post.quoted) if one]
            found = {post.id: post for post in near if post}
            includes["tweets" if old else "posts"] = [memory.post_json(post, old=old) for post in found.values()]
        if media := [_photo(post.id, post.image) for post in posts if post.image]:
            includes["media"] = media
        shape: Json = {"data": data[0]} if single else {"data": data} if data else {}
        return shape | ({"includes": includes} if any(includes.values()) else {}) | more

    def messages(self, call: Call, peer: str) -> Json:
        """With one person or everybody, the last 30 days."""
        _only(call, MESSAGES)
        memory, size = self.network.memory, number(call.query, "max_results", 1, 100, 100)
        since = clock.now() - timedelta(days=30)
        shown, meta = page([one for one in memory.talk(peer) if one.at > since], call.query, size)
        people = dict.fromkeys(message.author for message in shown)
        includes: Json = {"users": [memory.user_json(who) for who in people]} if people else {}
        if media := [_photo(one.id, one.image) for one in shown if one.image]:
            includes["media"] = media
        data = {"data": [memory.message_json(one) for one in shown]} if shown else {}
        return data | ({"includes": includes} if includes else {}) | {"meta": meta}


def _only(call: Call, known: set[str]) -> None:
    """X refuses a parameter it does not know."""
    if unknown := sorted(set(call.query) - known):
        raise Refusal(400, "invalid-request", f"The query parameter [{unknown[0]}] is not one of {sorted(known)}")


def _narrowed(post: Json, asked: set[str], old: bool) -> Json:
    always = {"id", "text", "edit_history_tweet_ids"} if old else {"id", "text"}
    if any(one.startswith("attachments.media_keys") for one in asked):
        always.add("attachments")
    # In today's names the author, what is referred to and the versions are told only where they are expanded.
    return {name: value for name, value in post.items() if name in always or name in asked}


def _photo(key: str, url: str) -> Json:
    return {"media_key": f"3_{key}", "type": "photo", "url": url}
