"""What happens in public: one item of `entry[].changes[]` in our words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Attachment, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.facebook.reading import writer
from inbox.platforms.reading import identity, instant, milliseconds, record, records, words

SITE = "https://www.facebook.com"
VERBS = {
    "add": Act.WROTE,
    "edit": Act.EDITED,
    "edited": Act.EDITED,
    "remove": Act.DELETED,
    "hide": Act.HID,
    "unhide": Act.UNHID,
}
COUNTED_NOWHERE_YET = frozenset({"like", "reaction"})
POSTS = frozenset({"post", "status", "photo", "video", "share", "album", "link", "note"})


def comment_link(page: str, post: str, comment: str, parent: str = "") -> str:
    """Where a comment can be seen. A reply needs its parent named too."""
    last = comment.rpartition("_")[2]
    owner, _, number = post.rpartition("_")
    above = parent.rpartition("_")[2]
    query = f"comment_id={above}&reply_comment_id={last}" if above else f"comment_id={last}"
    return f"{SITE}/{owner or page}/posts/{number}/?{query}" if number else f"{SITE}/{comment}"


def read_change(page: str, change: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    """What one change says; empty if it is no engagement. A change may come without any `value`."""
    value = record(change.get("value"))
    reader = READERS.get(words(change.get("field")))
    if reader is None or not value or words(value.get("item")) in COUNTED_NOWHERE_YET:
        return []
    return reader(page, value, sent_at)


def _feed(page: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    item, author = words(value.get("item")), writer(value, page)
    if item == "comment":
        return [_comment(page, value, sent_at)]
    ours = author is not None and author.external_id == page
    # A post that names nobody is our own unless it is of the kind visitors write.
    if ours or (author is None and item != "post"):
        return []
    post = identity(value.get("post_id"))
    visitor = item in POSTS and item != "share"
    if item not in POSTS or not post:
        return [_unknown(page, value, sent_at, Kind.MENTION)]
    return [
        _event(
            page,
            value,
            sent_at,
            kind=Kind.MENTION,
            external_id=post,
            thread=post,
            lane=post,
            visitor_post=visitor,
            permalink=_permalink(value) or f"{SITE}/{post}",
        )
    ]


def _comment(page: str, value: dict[str, Any], sent_at: datetime | None) -> Incoming:
    comment, post, parent = (identity(value.get(name)) for name in ("comment_id", "post_id", "parent_id"))
    if not comment:
        return _unknown(page, value, sent_at, Kind.COMMENT)
    # Below an album's photo `post_id` and `parent_id` are two posts of the Page; a comment's id never starts with it.
    top = not parent or parent in (post, comment) or parent.startswith(f"{page}_")
    return _event(
        page,
        value,
        sent_at,
        kind=Kind.COMMENT,
        external_id=comment,
        thread=comment if top else "",
        parent="" if top else parent,
        root=post,
        lane=post or comment.partition("_")[0],
        post=_post(value, post),
        permalink=_permalink(value) or comment_link(page, post, comment, "" if top else parent),
    )


def _mention(page: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    post, comment = identity(value.get("post_id")), identity(value.get("comment_id"))
    if not post and not comment:
        return [_unknown(page, value, sent_at, Kind.MENTION)]
    thread = post or comment
    return [
        _event(
            page,
            value,
            sent_at,
            kind=Kind.MENTION,
            external_id=comment or post,
            thread=thread,
            root=thread if comment else "",
            lane=thread,
            permalink=_permalink(value) or (comment_link(page, post, comment) if comment else f"{SITE}/{post}"),
        )
    ]


def _rating(page: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    item, post = words(value.get("item")), identity(value.get("post_id"))
    # Older deliveries name the story of a comment only as the second half of the post they call it.
    story = (identity(value.get("open_graph_story_id")) or post).rpartition("_")[2]
    if item == "comment" and (comment := identity(value.get("comment_id"))) and story:
        parent = identity(value.get("parent_id"))
        above = parent if parent not in ("", post, comment) else story
        return [
            _event(
                page,
                value,
                sent_at,
                kind=Kind.REVIEW,
                external_id=comment,
                parent=above,
                root=story,
                lane=story,
                permalink=_permalink(value) or f"{SITE}/{story}",
            )
        ]
    if item != "rating" or not story:
        return [_unknown(page, value, sent_at, Kind.REVIEW)]
    return [
        _event(
            page,
            value,
            sent_at,
            kind=Kind.REVIEW,
            external_id=story,
            thread=story,
            lane=story,
            rating=_stars(value),
            permalink=_permalink(value) or f"{SITE}/{story}",
        )
    ]


READERS: dict[str, Callable[[str, dict[str, Any], datetime | None], list[Incoming]]] = {
    "feed": _feed,
    "mention": _mention,
    "ratings": _rating,
}


def _event(
    page: str, value: dict[str, Any], sent_at: datetime | None, *, kind: Kind, external_id: str, **rest: Any
) -> Incoming:
    act = VERBS.get(words(value.get("verb")))
    if act is None:
        return _unknown(page, value, sent_at, kind, lane=rest["lane"])
    author = writer(value, page)
    ours = author is not None and author.external_id == page
    common: dict[str, Any] = rest | {"account": page, "act": act, "kind": kind, "external_id": external_id}
    if act is Act.WROTE:
        common["at"] = _time(value.get("created_time"), sent_at)
    elif act is Act.EDITED:
        edited = instant(value.get("edited_time"))
        common["at"] = _time(value.get("edited_time"), sent_at)
        common["revision"] = None if edited is None else milliseconds(edited)
    else:
        # `created_time` is here sometimes that of the comment and sometimes that of the act: the entry's is the act's.
        common["at"] = at = _time(None if sent_at else value.get("created_time"), sent_at)
        common["revision"] = 0 if act is Act.DELETED else milliseconds(at)
        # `from` names whoever wrote it, never who took it away: only our own can be known to be taken away by us.
        return Incoming(**common, author=author, ours=ours, by=Actor.US if ours else Actor.UNKNOWN)
    return Incoming(
        **common,
        author=author,
        ours=ours,
        app_id=identity(value.get("app_id")),
        text=words(value.get("message")) or words(value.get("review_text")),
        attachments=_attachments(value),
        named=_named(page, value),
        hidden=act is Act.WROTE and value.get("is_hidden") is True,
    )


def _unknown(page: str, value: dict[str, Any], sent_at: datetime | None, kind: Kind, *, lane: str = "") -> Incoming:
    item, verb = words(value.get("item")) or "nothing", words(value.get("verb")) or "nothing"
    at = _time(value.get("created_time"), sent_at)
    comment = identity(value.get("comment_id"))
    known = comment or identity(value.get("open_graph_story_id")) or identity(value.get("post_id"))
    author = writer(value, page)
    return Incoming(
        account=page,
        act=Act.UNSUPPORTED,
        kind=kind,
        external_id=f"{known or page}:{item}:{verb}:{milliseconds(at)}",
        at=at,
        lane=lane or identity(value.get("post_id")) or known or page,
        thread="" if comment else known or f"{item}:{milliseconds(at)}",
        parent=comment,
        author=author,
        ours=author is not None and author.external_id == page,
        text=words(value.get("message")),
        permalink=_permalink(value),
        reason=f"Facebook says “{verb}” of “{item}”, which Earshot does not know.",
    )


def _time(value: Any, sent_at: datetime | None) -> datetime:
    at = instant(value) or sent_at
    if at is None:
        raise Unreadable("A change without a time.")
    return at


def _stars(value: dict[str, Any]) -> int | None:
    """Since 2018 people recommend or do not; a recommendation that still carries stars is worth its own word."""
    recommendation = words(value.get("recommendation_type")).upper()
    if recommendation in ("POSITIVE", "NEGATIVE"):
        return 5 if recommendation == "POSITIVE" else 1
    stars = identity(value.get("rating"))
    return int(stars) if stars in ("1", "2", "3", "4", "5") else None


def _permalink(value: dict[str, Any]) -> str:
    return words(value.get("permalink_url"))


def _post(value: dict[str, Any], post: str) -> PostContext | None:
    context = record(value.get("post"))
    if not post:
        return None
    return PostContext(
        external_id=post,
        text=words(context.get("message")),
        permalink=words(context.get("permalink_url")),
        picture_url=words(context.get("full_picture")),
        at=instant(context.get("created_time")),
    )


def _attachments(value: dict[str, Any]) -> list[Attachment]:
    found = [Attachment("video", url) for url in [words(value.get("video"))] if url]
    photos = value.get("photos") if isinstance(value.get("photos"), list) else []
    found += [Attachment("image", url) for url in map(words, [value.get("photo"), *(photos or [])]) if url]
    link = words(value.get("link"))
    if link and not found:
        # A photo's or a video's own address comes in the same field as a shared link.
        kind = {"photo": "image", "video": "video"}.get(words(value.get("item")), "share")
        found.append(Attachment(kind, link))
    return list(dict.fromkeys(found))


def _named(page: str, value: dict[str, Any]) -> list[str]:
    ids = (identity(tag.get("id")) for tag in records(value.get("message_tags")))
    return list(dict.fromkeys(found for found in ids if found and found != page))
