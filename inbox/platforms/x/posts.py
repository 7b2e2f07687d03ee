"""One post in our words: whose it is, what it answers, whether X lets us answer it.

A post is read the same from a webhook, a poll and an older account-activity delivery, and its kind follows from the
post alone: a reply that also mentions us comes as two events, and must be one and the same twice.
"""

import html
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Attachment, Author, Incoming, Kind, PostContext
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.x.reading import either, instant, made_at, person, post_link

NOT_SUMMONED = (
    "X takes a reply by API only where the author names this account with @ or quotes one of its posts, and this one"
    " does neither: answer on X, or write a message."
)
MEDIA = {"photo": "image", "video": "video", "animated_gif": "video"}


@dataclass(frozen=True)
class Around:
    """What a payload tells beside the post itself.

    `mentioned`, `quoted`: X says so by the kind of event. `free`: the rule about summoning does not hold (Enterprise).
    """

    account: str
    people: dict[str, Author] = field(default_factory=dict)
    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    mentioned: bool = False
    quoted: bool = False
    free: bool = False


def read_post(post: dict[str, Any], around: Around) -> list[Incoming]:
    """What this post is to us; nothing if it is a repost, or a post of our own that answers nobody."""
    account, newest = around.account, identity(post.get("id"))
    above, quoted, reposted = (reference(post, kind) for kind in ("replied_to", "quoted", "retweeted"))
    above = above or identity(post.get("in_reply_to_tweet_id")) or identity(post.get("in_reply_to_post_id"))
    author, asked = identity(post.get("author_id")), identity(post.get("in_reply_to_user_id"))
    ours = author == account
    if not newest or reposted or (ours and (not above or asked == account)):
        return []
    versions = history(post) or [newest]
    first, conversation = versions[0], identity(post.get("conversation_id"))
    at = instant(post.get("created_at")) or made_at(newest)
    began = at if first == newest else made_at(first) or at
    if at is None or began is None:
        return []
    known = person(author, around.people)
    shared: dict[str, Any] = {
        "account": account,
        "external_id": first,
        "lane": conversation or above or first,
        "root": (conversation or above) if above else "",
        "author": known,
        "ours": ours,
        "text": text_of(post),
        "language": _language(post),
        "attachments": attachments(post, around.media),
        "named": [who for who in _mentions(post) if who != account],
        "permalink": post_link(newest, known.handle if known else ""),
        "reply_refused": "" if ours or _summoned(post, quoted, around) else NOT_SUMMONED,
    }
    meant = bool(quoted) or _names(post, account)
    shared |= _place(above, asked, conversation, around, ours=ours, meant=meant, first=first)
    if not ours:  # what a customer's own post answers is shown beside it; ours is shown below theirs anyway
        under = conversation if shared.get("parent") else above
        shared["post"] = _context(under or quoted, around)
    events = [Incoming(act=Act.WROTE, at=began, **shared)]
    # X tells of an edit by the same event again, with another id at the end of the history.
    if len(versions) > 1 and newest in versions[1:]:
        events.append(Incoming(act=Act.EDITED, at=at, revision=versions.index(newest), **shared))
    return events


def _place(
    above: str, asked: str, conversation: str, around: Around, *, ours: bool, meant: bool, first: str
) -> dict[str, Any]:
    """Its kind and its conversation."""
    if ours:
        kind = Kind.MENTION if above == conversation else Kind.COMMENT
        return {"kind": kind, "parent": above}
    if asked != around.account:
        # Where it answers something we hold, it is filed there, through `root`; else it begins its own conversation.
        # What others say to each other below our post, and a search found, names nobody of us.
        kind = Kind.MENTION if meant or not above else Kind.COMMENT
        return {"kind": kind, "thread": first, "root": above}
    if not conversation or above == conversation or _published(above, around):
        return {"kind": Kind.COMMENT, "thread": first, "root": above}
    return {"kind": Kind.COMMENT, "parent": above}


def _published(above: str, around: Around) -> bool:
    """Whether what it answers is a post of ours that itself answers nobody else, as far as the payload shows it."""
    parent = around.posts.get(above, {})
    ours = identity(parent.get("author_id")) == around.account
    return ours and identity(parent.get("in_reply_to_user_id")) in ("", around.account)


def _summoned(post: dict[str, Any], quoted: str, around: Around) -> bool:
    if around.free or around.mentioned or around.quoted:
        return True
    if quoted and identity(around.posts.get(quoted, {}).get("author_id")) == around.account:
        return True
    return _names(post, around.account)


def _names(post: dict[str, Any], account: str) -> bool:
    """Whether the author wrote our name; before a reply it may be X's doing."""
    # Without X's own word on where the text begins, a name before an answer to somebody else is taken as meant.
    sure = post.get("display_text_range") or identity(post.get("in_reply_to_user_id")) == account
    begins = _behind_leading_mentions(post) if sure else 0
    return any(identity(one.get("id")) == account and _start(one) >= begins for one in _mention_entities(post))


def _behind_leading_mentions(post: dict[str, Any]) -> int:
    """Where a reply's own words begin: before them X names everybody it answers, whether the author meant it or not."""
    shown = post.get("display_text_range")
    told = _number(shown[0]) if isinstance(shown, list) and shown else None
    end = 0
    for mention in sorted(_mention_entities(post), key=_start):
        if _start(mention) > end + 1 or (told is not None and _start(mention) >= told):
            break
        end = max(end, _end(mention))
    return end


def history(post: dict[str, Any]) -> list[str]:
    """The ids of all versions, oldest first."""
    versions = either(post, "edit_history_post_ids", "edit_history_tweet_ids")
    return [one for one in map(identity, versions) if one] if isinstance(versions, list) else []


def reference(post: dict[str, Any], kind: str) -> str:
    """The id of the post this one refers to in that way."""
    references = records(either(post, "referenced_posts", "referenced_tweets"))
    return next((identity(one.get("id")) for one in references if one.get("type") == kind), "")


def text_of(post: dict[str, Any]) -> str:
    """The whole text, as X shows it: long posts have theirs elsewhere, links are shown as what they lead to, and the
    names of those whom a reply answers are no part of it."""
    note = record(either(post, "note_post", "note_tweet"))
    text = words(note.get("text")) or words(post.get("text"))
    if reference(post, "replied_to") or post.get("in_reply_to_user_id"):
        own = text[_behind_leading_mentions(post) :].lstrip()
        text = own or text
    quoted = reference(post, "quoted")
    for link in (*_entities(note, "urls"), *_entities(post, "urls")):
        # What is quoted stands beside the text, and not in it.
        beside = quoted and words(link.get("expanded_url")).partition("?")[0].endswith(f"/status/{quoted}")
        text = unshortened(text, {**link, "media_key": "quoted"} if beside else link)
    return html.unescape(text).strip()


def unshortened(text: str, link: dict[str, Any]) -> str:
    """The text with this t.co link as what it stands for; the link to an attached picture is no part of the text."""
    short, whole = words(link.get("url")), words(link.get("expanded_url"))
    if not short:
        return text
    picture = link.get("media_key") or words(link.get("display_url")).startswith("pic.")
    return text.replace(short, "" if picture else whole or short)


def attachments(post: dict[str, Any], media: dict[str, dict[str, Any]]) -> list[Attachment]:
    """Pictures and films, each once; what the payload does not describe is looked up when somebody wants to see it."""
    keys = record(post.get("attachments")).get("media_keys")
    found = [_medium(key, media.get(key, {})) for key in map(identity, keys if isinstance(keys, list) else []) if key]
    return list(dict.fromkeys(found))


def _medium(key: str, described: dict[str, Any]) -> Attachment:
    kind = MEDIA.get(words(described.get("type")), "unsupported" if described else "image")
    return Attachment(
        type=kind,
        url=address(described),
        name=words(described.get("alt_text")),
        mime="video/mp4" if kind == "video" and described.get("variants") else "",
        external_id=key,
    )


def address(described: dict[str, Any]) -> str:
    """Where a picture, or the best version of a film, lies."""
    films = [one for one in records(described.get("variants")) if words(one.get("content_type")) == "video/mp4"]
    best = max(films, key=lambda one: _number(either(one, "bit_rate", "bitrate")), default={})
    return words(best.get("url")) or words(either(described, "url", "preview_image_url"))


def _context(external_id: str, around: Around) -> PostContext | None:
    if not external_id:
        return None
    post = around.posts.get(external_id, {})
    author = person(identity(post.get("author_id")), around.people)
    return PostContext(
        external_id=external_id,
        text=text_of(post),
        permalink=post_link(external_id, author.handle if author else ""),
        picture_url=next((one.url for one in attachments(post, around.media) if one.type == "image"), ""),
        at=_time(post, external_id),
    )


def _time(post: dict[str, Any], external_id: str) -> datetime | None:
    return instant(post.get("created_at")) or made_at(external_id)


def _language(post: dict[str, Any]) -> str:
    code = words(post.get("lang"))
    # Codes that start with q, and `und`, say why there is no language.
    return "" if code == "und" or code.startswith("q") else code


def _mentions(post: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(who for one in _mention_entities(post) if (who := identity(one.get("id")))))


def _mention_entities(post: dict[str, Any]) -> list[dict[str, Any]]:
    note = record(either(post, "note_post", "note_tweet"))
    return _entities(note, "mentions") or _entities(post, "mentions")


def _entities(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return records(record(item.get("entities")).get(name))


def _start(mention: dict[str, Any]) -> int:
    return _number(mention.get("start"))


def _end(mention: dict[str, Any]) -> int:
    return _number(mention.get("end"))


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
