"""Comments in our words.

A payload is one of YouTube's own lists with a few words of ours around it, or what a poll concluded from two of them:

    {"account": "UCbrand", "at": "2026-11-20T10:01:00Z", "kind": "youtube#commentThreadListResponse",
     "status": "published", "items": [...], "videos": {"vid1": {"title": ..., "publishedAt": ..., "picture": ...}}}
    {"account": "UCbrand", "at": ..., "moderated": [{"id": "Ugx1", "status": "published"}], "gone": [{"id": "Ugx2"}]}
"""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Attachment, Author, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.reading import Json, identity, instant, milliseconds, record, records, words
from inbox.platforms.youtube.reading import top_of

SITE = "https://www.youtube.com"
PUBLISHED = "published"
UNSEEN = frozenset({"heldForReview", "likelySpam", "rejected"})
THREAD, COMMENT = "youtube#commentThread", "youtube#comment"
NO_REPLY = "YouTube does not let this channel reply to this comment."


def comment_link(video: str, comment: str) -> str:
    """Where a comment can be seen; "" below posts and channels, for which YouTube has no such address."""
    return f"{SITE}/watch?v={video}&lc={comment}" if video and comment else ""


def normalise(payload: Any) -> list[Incoming]:
    """Every event of a list, in order. Raises Unreadable for what is no list of ours."""
    if not isinstance(payload, dict) or not (account := identity(payload.get("account"))):
        raise Unreadable("A payload that does not say whose it is.")
    if not any(isinstance(payload.get(name), list) for name in ("items", "moderated", "gone")):
        raise Unreadable("A payload with nothing in it that can be read.")
    seen = instant(payload.get("at"))
    page = _Page(
        account, seen, words(payload.get("status")), words(payload.get("video")), record(payload.get("videos"))
    )
    events: list[Incoming] = []
    for item in records(payload.get("items")):
        events += page.read(item)
    for item in records(payload.get("moderated")):
        events += page.moderated(item)
    for item in records(payload.get("gone")):
        events += page.gone(item)
    return events


class _Page:
    """One payload being read."""

    def __init__(self, account: str, seen: datetime | None, status: str, video: str, videos: Json) -> None:
        self.account, self.seen, self.status, self.video, self.videos = account, seen, status, video, videos

    def read(self, item: Json) -> list[Incoming]:
        kind, snippet = words(item.get("kind")), record(item.get("snippet"))
        if self._elsewhere(snippet):
            return []
        if kind == COMMENT:
            return self._comment(item)
        top = record(snippet.get("topLevelComment"))
        if kind != THREAD or not identity(top.get("id")):
            return [self._unknown(item, kind)]
        if self._elsewhere(record(top.get("snippet"))):
            return []
        about: dict[str, Any] = {"video": identity(snippet.get("videoId")), "closed": snippet.get("canReply") is False}
        events = self._comment(top, **about)
        for reply in records(record(item.get("replies")).get("comments")):
            events += self._comment(reply, above=identity(top.get("id")), **about)
        return events

    def _comment(self, item: Json, *, above: str = "", video: str = "", closed: bool = False) -> list[Incoming]:
        comment, snippet = identity(item.get("id")), record(item.get("snippet"))
        if not comment:
            return [self._unknown(item, words(item.get("kind")))]
        at, changed = instant(snippet.get("publishedAt")), instant(snippet.get("updatedAt"))
        parent = identity(snippet.get("parentId")) or above or (top_of(comment) if top_of(comment) != comment else "")
        video = identity(snippet.get("videoId")) or video or self.video
        hidden = (words(snippet.get("moderationStatus")) or self.status) in UNSEEN
        author = writer(snippet)
        common: dict[str, Any] = {
            "account": self.account,
            "kind": Kind.COMMENT,
            "external_id": comment,
            "lane": parent or comment,
            "thread": parent or comment,
            "parent": parent,
            "root": video,
            "author": author,
            "ours": author is not None and author.external_id == self.account,
            "text": words(snippet.get("textOriginal")) or words(snippet.get("textDisplay")),
            "attachments": _pictures(comment, snippet),
            "post": self._post(video),
            "permalink": comment_link(video, comment),
        }
        wrote = Incoming(
            act=Act.WROTE,
            at=self._time(at or changed),
            as_seen=at is None and changed is None,
            hidden=hidden,
            # What is held back takes no reply either way, and is said so when somebody tries.
            reply_refused=NO_REPLY if closed and not hidden else "",
            **common,
        )
        if at is None or changed is None or changed <= at:
            return [wrote]
        # There is no list of edits: that it was written and that it was changed are told together, and the keys of
        # what was heard before sort them out.
        return [wrote, Incoming(act=Act.EDITED, at=changed, revision=milliseconds(changed), **common)]

    def moderated(self, item: Json) -> list[Incoming]:
        """Shown or held back since we last looked: nobody tells when."""
        comment, at = identity(item.get("id")), self._time(None)
        if not comment:
            return []
        act = Act.UNHID if words(item.get("status")) == PUBLISHED else Act.HID
        return [self._about(act, comment, at, milliseconds(at))]

    def gone(self, item: Json) -> list[Incoming]:
        """Not there any more: deleted by its author or rejected by us, which look the same."""
        comment = identity(item.get("id"))
        return [self._about(Act.DELETED, comment, self._time(None), 0)] if comment else []

    def _about(self, act: Act, comment: str, at: datetime, revision: int) -> Incoming:
        top = top_of(comment)
        return Incoming(
            account=self.account,
            act=act,
            kind=Kind.COMMENT,
            external_id=comment,
            at=at,
            lane=top,
            thread=top,
            parent=top if top != comment else "",
            revision=revision,
            as_seen=True,
        )

    def _unknown(self, item: Json, kind: str) -> Incoming:
        snippet = record(item.get("snippet"))
        at = self._time(instant(snippet.get("publishedAt")))
        known = identity(item.get("id")) or f"unknown:{milliseconds(at)}"
        named = kind or "something without a name"
        return Incoming(
            account=self.account,
            act=Act.UNSUPPORTED,
            kind=Kind.COMMENT,
            external_id=known,
            at=at,
            lane=top_of(known) or known,
            thread=top_of(known) or known,
            author=writer(snippet),
            text=words(snippet.get("textDisplay")),
            reason=f"YouTube lists “{named}” among the comments, in a form that Earshot does not know.",
        )

    def _elsewhere(self, snippet: Json) -> bool:
        """Whether it stands on another channel: a list for ours has no business with it."""
        channel = identity(snippet.get("channelId"))
        return bool(channel) and channel != self.account

    def _time(self, at: datetime | None) -> datetime:
        at = at or self.seen
        if at is None:
            raise Unreadable("A comment without a time.")
        return at

    def _post(self, video: str) -> PostContext | None:
        if not video:
            return None
        told = record(self.videos.get(video))
        return PostContext(
            external_id=video,
            text=words(told.get("title")),
            permalink=f"{SITE}/watch?v={video}",
            picture_url=words(told.get("picture")),
            at=instant(told.get("publishedAt")),
        )


def writer(snippet: Json) -> Author | None:
    """Who wrote it. Since handles exist, the display name is the handle; nobody is named where neither is given."""
    external_id = identity(record(snippet.get("authorChannelId")).get("value"))
    name = words(snippet.get("authorDisplayName")).strip()
    if not external_id and not name:
        return None
    return Author(
        external_id=external_id,
        name=name,
        handle=name[1:] if name.startswith("@") else "",
        avatar_url=words(snippet.get("authorProfileImageUrl")),
    )


def _pictures(comment: str, snippet: Json) -> list[Attachment]:
    url = words(snippet.get("imageUrl"))
    return [Attachment("image", url, external_id=comment)] if url else []
