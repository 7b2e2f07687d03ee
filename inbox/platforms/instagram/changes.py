"""What happens in public: one item of `entry[].changes[]` in our words.

Instagram tells that a comment was written and nothing of what becomes of it. What a poll finds out is told in the same
shape with two fields more: `verb`, one of VERBS, and `timestamp`, as Graph writes times.
"""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Author, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.reading import identity, instant, milliseconds, record, words

VERBS = {"": Act.WROTE, "edited": Act.EDITED, "removed": Act.DELETED, "hidden": Act.HID}
COMMENTS = frozenset({"comments", "live_comments"})
# What else an app may be subscribed to, and belongs in no inbox.
IGNORED = frozenset({"story_insights", "business_login_deauthorized", "creator_marketplace_projects", "account_status"})


def read_change(account: str, change: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    """What one change says; empty if it is no engagement. A change may come without any `value`."""
    field, value = words(change.get("field")), record(change.get("value"))
    if not value or field in IGNORED:
        return []
    if field in COMMENTS:
        return _comment(account, field, value, sent_at)
    if field == "mentions":
        return _mention(account, value, sent_at)
    return []


def _comment(account: str, field: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    comment, media = identity(value.get("id")), record(value.get("media"))
    if not comment:
        return []
    # A boosted post tells of the same comment twice, once below the ad: it stands below the post that was boosted.
    post = identity(media.get("original_media_id")) or identity(media.get("id"))
    parent = identity(value.get("parent_id"))
    top = parent in ("", comment)
    return [
        _event(
            account,
            value,
            sent_at,
            kind=Kind.COMMENT,
            external_id=comment,
            thread=comment if top else "",
            parent="" if top else parent,
            root=post,
            lane=post or parent or comment,
            post=_post(post, media),
            permalink=words(media.get("permalink")),
            reply_refused="" if field == "comments" else LIVE,
        )
    ]


LIVE = "Comments below a live video can be answered privately only, and only while it runs."


def _mention(account: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    """In somebody's caption or in a comment below somebody's post: the webhook gives ids and nothing else."""
    post, comment = identity(value.get("media_id")), identity(value.get("comment_id"))
    if not post and not comment:
        return []
    known = comment or post
    return [
        _event(
            account,
            value,
            sent_at,
            kind=Kind.MENTION,
            external_id=known,
            thread=known,
            root=post if comment else "",
            lane=post or known,
            permalink=words(value.get("permalink")),
        )
    ]


def _event(account: str, value: dict[str, Any], sent_at: datetime | None, *, external_id: str, **rest: Any) -> Incoming:
    act = VERBS.get(words(value.get("verb")), Act.WROTE)
    at = instant(value.get("timestamp")) if act in (Act.WROTE, Act.HID) else None
    at = at or sent_at or instant(value.get("timestamp"))
    if at is None:
        raise Unreadable("A change without a time.")
    author = _author(value)
    ours = author is not None and author.external_id == account
    common: dict[str, Any] = rest | {"account": account, "act": act, "external_id": external_id, "at": at}
    common |= {"author": author, "ours": ours}
    if act is Act.DELETED:
        return Incoming(**common, by=Actor.UNKNOWN)
    if act is Act.HID:
        return Incoming(**common, revision=milliseconds(at))
    return Incoming(
        **common,
        revision=None if act is Act.EDITED else 0,
        text=words(value.get("text")),
        hidden=act is Act.WROTE and value.get("hidden") is True,
        incomplete=act is Act.WROTE and rest["kind"] is Kind.MENTION and "text" not in value,
    )


def _author(value: dict[str, Any]) -> Author | None:
    person = record(value.get("from"))
    who = identity(person.get("id"))
    handle = words(person.get("username")) or words(value.get("username"))
    return Author(external_id=who, name=words(person.get("name")), handle=handle) if who or handle else None


def _post(post: str, media: dict[str, Any]) -> PostContext | None:
    if not post:
        return None
    return PostContext(
        external_id=post,
        text=words(media.get("caption")),
        permalink=words(media.get("permalink")),
        picture_url=words(media.get("thumbnail_url")) or words(media.get("media_url")),
        at=instant(media.get("timestamp")),
    )
