"""How things of the simulated Reddit look to whoever asks: each list tells something else of them."""

import hashlib
import re
from typing import Any

from inbox.platforms.reddit.reading import DELETED, REMOVED
from inbox.platforms.reddit.simulator_memory import Item, Memory, base36

HOURS_OFF = 8 * 3600.0  # what `created` once was ahead of `created_utc`


class Looks:
    """The memory's things as JSON."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def shown(self, item: Item, viewer: str) -> dict[str, Any]:
        """A thing as Reddit shows it to this account."""
        moderating = self.memory.moderates(viewer, item.subreddit)
        stone = DELETED if item.gone == "deleted" else REMOVED if item.gone and not moderating else ""
        author = DELETED if stone or item.author in self.memory.closed else item.author
        stamp = item.at.timestamp()
        data: dict[str, Any] = {
            "name": item.name,
            "id": item.name[3:],
            "author": author,
            "created_utc": stamp,
            "created": stamp + HOURS_OFF,
            "edited": item.edited.timestamp() if item.edited else False,
            "subreddit": item.subreddit or None,
            "likes": None,
            "distinguished": None,
            "replies": "",
        }
        if author != DELETED:
            data["author_fullname"] = f"t2_{base36(int(hashlib.sha256(author.encode()).hexdigest()[:8], 16))}"
        if item.kind == "t4":
            return data | self._message(item)
        data |= {"can_mod_post": moderating, "archived": False, "locked": item.locked, "score": 1}
        if moderating:
            removed, approved = item.removed_at, item.approved_at
            data |= {
                "removed": item.gone == "removed",
                "banned_by": item.by if item.gone == "removed" else None,
                "banned_at_utc": removed.timestamp() if removed and item.gone == "removed" else None,
                "approved_by": item.by if approved and not item.gone else None,
                "approved_at_utc": approved.timestamp() if approved and not item.gone else None,
            }
        return data | (self._post(item, stone) if item.kind == "t3" else self._comment(item, stone))

    def _message(self, item: Item) -> dict[str, Any]:
        return {
            "body": item.text,
            "body_html": f"<p>{item.text}</p>",
            "subject": item.title,
            "dest": item.dest,
            "was_comment": False,
            "type": "unknown",
            "context": "",
            "new": item.unread,
            "parent_id": item.parent or None,
            "first_message_name": item.first or None,
            "first_message": int(item.first[3:], 36) if item.first else None,
        }

    def _post(self, item: Item, stone: str) -> dict[str, Any]:
        below = sum(1 for one in self.memory.items.values() if one.post == item.name and one.gone != "lost")
        return {
            "title": item.title,
            "selftext": stone or item.text,
            "is_self": True,
            "num_comments": below,
            "permalink": self.path(item),
            "removed_by_category": {DELETED: "deleted", REMOVED: "moderator"}.get(stone),
        }

    def _comment(self, item: Item, stone: str) -> dict[str, Any]:
        body = stone or item.text
        post = {"link_id": item.post, "parent_id": item.parent, "permalink": self.path(item)}
        return {"body": body, "body_html": f"<p>{body}</p>", **post}

    def path(self, item: Item) -> str:
        """Where it can be read."""
        post = self.memory.items[item.post] if item.post else item
        slug = re.sub(r"\W+", "_", post.title.lower(), flags=re.ASCII).strip("_")[:40] or "post"
        below = f"{item.name[3:]}/" if item.post else ""
        return f"/r/{post.subreddit}/comments/{post.name[3:]}/{slug}/{below}"

    def in_inbox(self, item: Item, sort: str, viewer: str) -> dict[str, Any]:
        """A thing as the inbox shows it: of a comment less than elsewhere, and why it is there."""
        if item.kind == "t4":
            return self.shown(item, viewer)
        kept = ("name", "id", "author", "author_fullname", "created_utc", "created", "subreddit", "body", "body_html")
        whole = self.shown(item, viewer)
        data = {
            name: whole[name] for name in (*kept, "parent_id", "replies", "distinguished", "likes") if name in whole
        }
        data |= {
            "was_comment": True,
            "type": sort,
            "subject": sort.replace("_", " "),
            "dest": viewer,
            "new": item.unread,
            "link_title": self.memory.items[item.post].title,
            "context": f"{self.path(item)}?context=3",
            "first_message_name": None,
        }
        return data

    def listed(self, item: Item, viewer: str) -> dict[str, Any]:
        """A comment as listings of a subreddit or a person show it: with its post's title and author."""
        data = self.shown(item, viewer)
        if item.kind == "t1":
            post = self.memory.items[item.post]
            where = f"https://www.reddit.com{self.path(post)}"
            author = DELETED if post.gone else post.author
            data |= {"link_title": post.title, "link_author": author, "link_permalink": where}
        return data
