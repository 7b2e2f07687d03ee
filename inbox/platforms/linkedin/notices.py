"""What happened around a page: the notices of a webhook, and what a poll dresses up the same way, in our words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Attachment, Author, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.linkedin import urns
from inbox.platforms.reading import milliseconds, record, records, stamped, words

SOCIAL = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
# Other families of events that may share the callback address.
ELSEWHERE = frozenset({"LEAD_ACTION"})
COUNTED_NOWHERE_YET = frozenset({"LIKE", "UNLIKE", "REACTION", "REACTION_EDIT", "REACTION_DELETE"})
ON_COMMENTS = {
    "COMMENT": Act.WROTE,
    "ADMIN_COMMENT": Act.WROTE,
    "COMMENT_MENTION": Act.WROTE,
    "COMMENT_EDIT": Act.EDITED,
    "COMMENT_DELETE": Act.DELETED,
}
ON_POSTS = frozenset({"SHARE_MENTION", "SHARE"})
TEST = "urn:li:organization:0"


def normalise(payload: Any) -> list[Incoming]:
    """Every event of every notice, in order. Raises Unreadable for what is no delivery for pages."""
    if not isinstance(payload, dict):
        raise Unreadable("A delivery is a JSON object.")
    about = words(payload.get("type"))
    if about in ELSEWHERE:
        return []
    if about != SOCIAL:
        raise Unreadable(f"This address takes social actions of pages, not “{about}”.")
    notices = payload.get("notifications")
    if not isinstance(notices, list) or not all(isinstance(one, dict) for one in notices):
        raise Unreadable("A delivery without readable notifications.")
    return [event for one in notices for event in _read(one)]


def _read(notice: dict[str, Any]) -> list[Incoming]:
    page, at = urns.organisation(notice.get("organizationalEntity")), stamped(notice.get("lastModifiedAt"))
    if not page:
        raise Unreadable("A notification that does not say for which page it is.")
    if at is None:
        raise Unreadable("A notification without a time.")
    action = words(notice.get("action")).upper()
    if page == TEST or action in COUNTED_NOWHERE_YET:
        return []
    if action in ON_COMMENTS:
        return [_comment(page, action, notice, at)]
    if action in ON_POSTS:
        return _share(page, action, notice, at)
    return [_unknown(page, action, notice, at, f"LinkedIn tells of “{action}”, which Earshot does not know.")]


def _comment(page: str, action: str, notice: dict[str, Any], at: datetime) -> Incoming:
    body = record(record(notice.get("decoratedGeneratedActivity")).get("comment"))
    name = urns.comment(notice.get("generatedActivity")) or urns.comment(body.get("entity"))
    if not name:
        return _unknown(page, action, notice, at, "LinkedIn tells of a comment without saying which.")
    # The name of the post in a comment's own name is the only one that every notice has. `sourcePost` is usually the
    # same; `decoratedSourcePost.entity` is the share behind it, with another number.
    activity, _ = urns.parts(name)
    source = record(notice.get("decoratedSourcePost"))
    share, owner = urns.urn(source.get("entity")), urns.urn(source.get("owner"))
    above = urns.comment(body.get("parentComment")) or urns.comment(body.get("object"))
    parent = "" if above == name else above
    foreign = action == "COMMENT_MENTION" or not (owner == "" or urns.is_page(owner, page))
    author = _author(body)
    ours = action == "ADMIN_COMMENT" or _ours(author, page)
    common: dict[str, Any] = {
        "account": page,
        "act": ON_COMMENTS[action],
        "kind": Kind.MENTION if foreign else Kind.COMMENT,
        "external_id": name,
        "at": at,
        "parent": parent,
        "author": author,
        "ours": ours,
        "permalink": urns.comment_link(activity, name),
    }
    if foreign and share and action != "COMMENT_MENTION":
        # Below somebody else's post that mentions us: the conversation is that post, under the name it came with.
        common |= {"parent": parent or share, "root": share, "lane": share}
    else:
        common |= {"thread": "" if parent else name, "root": activity, "lane": activity}
        common["post"] = _post(source, activity)
    if common["act"] is Act.DELETED:
        # Whether its author took it away or somebody of ours did is not told, except for what we wrote ourselves.
        return Incoming(**common, by=Actor.US if ours else Actor.UNKNOWN)
    return Incoming(
        **common,
        revision=milliseconds(at) if common["act"] is Act.EDITED else 0,
        text=_text(body),
        attachments=[_attachment(one) for one in records(body.get("content"))],
        named=_named(page, body),
    )


def _share(page: str, action: str, notice: dict[str, Any], at: datetime) -> list[Incoming]:
    body = record(record(notice.get("decoratedGeneratedActivity")).get("share"))
    name = urns.urn(body.get("entity")) or urns.urn(notice.get("generatedActivity"))
    if not name:
        return [_unknown(page, action, notice, at, "LinkedIn tells of a post without saying which.")]
    author, text = _author(body), _text(body)
    if _ours(author, page) or (action == "SHARE" and not text.strip()):
        return []  # our own post, or one that passes ours on without a word
    source = record(notice.get("decoratedSourcePost"))
    passed_on = urns.is_page(urns.urn(source.get("owner")), page)
    return [
        Incoming(
            account=page,
            act=Act.WROTE,
            kind=Kind.MENTION,
            external_id=name,
            at=at,
            lane=name,
            thread=name,
            author=author,
            text=text,
            post=_post(source, urns.urn(notice.get("sourcePost"))) if passed_on else None,
            permalink=urns.post_link(name),
            named=_named(page, body),
        )
    ]


def _unknown(page: str, action: str, notice: dict[str, Any], at: datetime, reason: str) -> Incoming:
    below = urns.comment(notice.get("generatedActivity"))
    about = below or urns.urn(notice.get("generatedActivity")) or urns.urn(notice.get("sourcePost"))
    external_id = f"{about or page}:{action or 'nothing'}:{milliseconds(at)}"
    body = record(notice.get("decoratedGeneratedActivity"))
    return Incoming(
        account=page,
        act=Act.UNSUPPORTED,
        kind=Kind.COMMENT,
        external_id=external_id,
        at=at,
        lane=urns.parts(below)[0] or about or page,
        thread="" if below else external_id,
        parent=below,
        author=next((_author(one) for one in records(list(body.values()))), None),
        permalink=urns.post_link(about) if about and not below else "",
        reason=reason,
    )


def _author(body: dict[str, Any]) -> Author | None:
    """Who wrote it. LinkedIn gives no name with it: that is asked for separately, and often refused."""
    who = urns.urn(body.get("owner")) or urns.urn(body.get("actor"))
    return Author(external_id=who) if who else None


def _ours(author: Author | None, page: str) -> bool:
    return author is not None and urns.is_page(author.external_id, page)


def _text(body: dict[str, Any]) -> str:
    return words(body.get("text")) or words(record(body.get("message")).get("text"))


def _post(source: dict[str, Any], activity: str) -> PostContext | None:
    if not activity:
        return None
    text = words(source.get("text"))
    return PostContext(
        external_id=activity, text=text, permalink=urns.post_link(activity), at=stamped(source.get("createdAt"))
    )


def _attachment(content: dict[str, Any]) -> Attachment:
    entity = record(content.get("entity"))
    name = urns.urn(entity.get("image")) or urns.urn(entity.get("digitalmediaAsset")) or urns.urn(entity.get("video"))
    kind = words(content.get("type")).lower()
    known = kind if kind in ("image", "video") else "share" if kind == "article" else "unsupported"
    return Attachment(type=known, url=words(content.get("url")), external_id=name)


def _named(page: str, body: dict[str, Any]) -> list[str]:
    """Whom it @-names. Where in the text is not read: LinkedIn does not say in which units it counts."""
    attributes = records(body.get("attributes")) or records(record(body.get("message")).get("attributes"))
    found = [name for one in attributes for name in _urns(one.get("value"))]
    return [name for name in dict.fromkeys(found) if not urns.is_page(name, page)]


def _urns(value: Any, depth: int = 0) -> Iterator[str]:
    if name := urns.urn(value):
        yield name
    elif isinstance(value, dict) and depth < 4:
        for inner in value.values():
            yield from _urns(inner, depth + 1)
