"""A post's record in our words. Records are written by strangers: nothing in them is taken for what it should be."""

from collections.abc import Mapping
from typing import Any

from inbox.platforms.base import Attachment, Author, PostContext
from inbox.platforms.bluesky import keys
from inbox.platforms.reading import part, words, written
from inbox.platforms.reading import records as objects

Views = Mapping[str, dict[str, Any]]  # posts as the network shows them (postView), by address


def parent_of(record: Any) -> str:
    """The address of the post this one answers, or ""."""
    uri = words(part(record, "reply", "parent", "uri"))
    return uri if keys.owner(uri) else ""


def root_of(record: Any) -> str:
    """The address of the post that began the thread, or "" for a post that begins one itself."""
    uri = words(part(record, "reply", "root", "uri"))
    return uri if keys.owner(uri) else parent_of(record)


def quoted(record: Any) -> str:
    """The address of the post this one shows inside itself, or ""."""
    for uri in (part(record, "embed", "record", "uri"), part(record, "embed", "record", "record", "uri")):
        if keys.split(words(uri))[1] == keys.POST:
            return words(uri)
    return ""


def named(record: Any) -> list[str]:
    """The DIDs this post @-names."""
    dids = [
        words(feature.get("did"))
        for facet in objects(part(record, "facets"))
        for feature in objects(facet.get("features"))
        if feature.get("$type") == "app.bsky.richtext.facet#mention"
    ]
    return [did for did in dict.fromkeys(dids) if did.startswith("did:")]


def concerns(account: str, record: Any) -> bool:
    """Whether this post answers, names or quotes the account, or stands in a thread of its making."""
    if account in (keys.owner(parent_of(record)), keys.owner(root_of(record)), keys.owner(quoted(record))):
        return True
    return account in named(record)


def language(record: Any) -> str:
    """The first language the author's app claims."""
    langs = part(record, "langs")
    return words(langs[0])[:20] if isinstance(langs, list) and langs else ""


def author(profile: Any, did: str) -> Author:
    """Who wrote it, as far as a profile is at hand."""
    handle = words(part(profile, "handle"))
    return Author(
        external_id=did,
        name=words(part(profile, "displayName")) or handle,
        handle=handle,
        avatar_url=words(part(profile, "avatar")),
    )


def context(uri: str, posts: Views) -> PostContext:
    """The post something stands under."""
    view = posts.get(uri)
    pictures = [each.url for each in attachments(part(view, "record"), view) if each.type == "image"]
    shown = part(view, "indexedAt")
    return PostContext(
        external_id=uri,
        text=words(part(view, "record", "text")),
        permalink=keys.permalink(uri),
        picture_url=pictures[0] if pictures else "",
        at=written(shown) if shown else None,
    )


def attachments(record: Any, view: Any = None, did: str = "") -> list[Attachment]:
    """What came with the post: addresses from its view where there is one, else its author and the files' names."""
    if shown := part(view, "embed"):
        return _shown(shown)
    return _embedded(part(record, "embed"), did)


def _shown(embed: Any) -> list[Attachment]:
    match str(part(embed, "$type")).removeprefix("app.bsky.embed."):
        case "images#view":
            return [_image(each, url=each.get("fullsize")) for each in objects(embed.get("images"))]
        case "gallery#view":
            return [_image(each, url=each.get("fullsize")) for each in objects(embed.get("items"))]
        case "video#view":
            return [Attachment("video", url=words(embed.get("playlist")), name=words(embed.get("alt")))]
        case "external#view":
            return [_link(embed.get("external"))]
        case "record#view":
            return _quote(part(embed, "record", "uri"))
        case "recordWithMedia#view":
            return _shown(embed.get("media")) + _quote(part(embed, "record", "record", "uri"))
        case other:
            return [Attachment("unsupported", name=words(other))]


def _embedded(embed: Any, did: str) -> list[Attachment]:
    if not embed:
        return []
    match str(part(embed, "$type")).removeprefix("app.bsky.embed."):
        case "images":
            return [_image(each, did=did) for each in objects(embed.get("images"))]
        case "gallery":
            return [_image(each, did=did) for each in objects(embed.get("items"))]
        case "video":
            return [Attachment("video", name=words(embed.get("alt")), external_id=_file(embed.get("video"), did))]
        case "external":
            return [_link(embed.get("external"))]
        case "record":
            return _quote(part(embed, "record", "uri"))
        case "recordWithMedia":
            return _embedded(embed.get("media"), did) + _quote(part(embed, "record", "record", "uri"))
        case other:
            return [Attachment("unsupported", name=words(other))]


def _file(blob: Any, did: str) -> str:
    """Whose file, and its name: both are needed to ask for it."""
    cid = words(part(blob, "ref", "$link"))
    return f"{did}/{cid}" if did and cid else cid


def _image(image: dict[str, Any], *, url: Any = "", did: str = "") -> Attachment:
    return Attachment("image", url=words(url), name=words(image.get("alt")), external_id=_file(image.get("image"), did))


def _link(external: Any) -> Attachment:
    return Attachment("share", url=words(part(external, "uri")), name=words(part(external, "title")))


def _quote(uri: Any) -> list[Attachment]:
    where = words(uri)
    return [Attachment("share", url=keys.permalink(where), external_id=where)] if where else []
