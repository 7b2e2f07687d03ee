"""Other brands: what our server knows of an account's public posts, and of the replies that name it.

A reply that does not name our account is not told to us, and so is in no number of ours: below the posts of others such
replies are passed over too. What no server told ours of cannot be seen.
"""

from typing import Any
from urllib.parse import urlsplit

import httpx

from inbox.platforms.base import Account, ErrorClass, NotHere, Unreadable
from inbox.platforms.mastodon import statuses
from inbox.platforms.mastodon.api import Api, Failed, safe
from inbox.platforms.mastodon.names import domain_of, qualified
from inbox.platforms.others import Below, Brand, Comment, Published, Shown
from inbox.platforms.reading import identity, records, words, written

PAGE = 40
OPEN = ("public", "unlisted")


def named(asked: str, domain: str) -> str:
    """`name@domain` of what somebody typed: a handle, or the address of a profile. "" where it is neither."""
    typed = asked.strip()
    if "://" in typed:
        parts = urlsplit(typed)
        last = parts.path.strip("/").split("/")[0]
        typed = f"{last}@{parts.netloc}" if last.startswith("@") and "@" not in last[1:] else last
    name = qualified(typed, domain)
    return name if name.count("@") == 1 and all(name.split("@")) else ""


async def brand(http: httpx.AsyncClient, account: Account, asked: str) -> Brand:
    """The account of this handle or address, if our server knows it. Raises NotHere."""
    api = Api(http, account)
    name = named(asked, domain_of(api.us))
    if not name:
        raise NotHere(ErrorClass.INVALID, "Type the whole handle, for example shop@mastodon.example.")
    try:
        found = await _lookup(api, name)
    except Failed as failed:
        raise failed.reading() from failed
    if found is None:
        sentence = f"Our Mastodon server knows no account {name}. Follow it from ours once, and it will."
        raise NotHere(ErrorClass.PARENT_GONE, sentence)
    if found.get("suspended") is True or found.get("locked") is True:
        raise NotHere(ErrorClass.PERMISSION_MISSING, f"{name} is not public: it shows its posts to chosen people.")
    who = statuses.author(api.us, found)
    return Brand(external_id=who.external_id, name=who.name, handle=who.handle, url=words(found.get("url")))


async def _lookup(api: Api, name: str) -> dict[str, Any] | None:
    try:
        return await api.one("/api/v1/accounts/lookup", acct=name.removesuffix("@" + domain_of(api.us)))
    except Failed as failed:
        if failed.gone:
            return None
        raise


async def published(http: httpx.AsyncClient, account: Account, brand: Brand, page: str) -> Published:
    """Its own public posts that answer nobody. `page`: its number on our server and the last id. Raises NotHere."""
    api = Api(http, account)
    number, _, before = page.partition("/")
    requests = 1
    try:
        if not number:
            found = await _lookup(api, brand.external_id)
            if found is None:
                raise NotHere(
                    ErrorClass.PARENT_GONE, f"Our Mastodon server knows no account {brand.external_id} any more."
                )
            number, requests = identity(found.get("id")), 2
        listed = await api.many(
            f"/api/v1/accounts/{safe(number)}/statuses",
            exclude_replies="true",
            exclude_reblogs="true",
            limit=PAGE,
            max_id=before,
        )
        own = [one for one in listed if one.get("visibility") in OPEN and not one.get("in_reply_to_id")]
        posts = [Shown(identity(one.get("id")), written(one.get("created_at"))) for one in own]
    except Failed as failed:
        raise failed.reading() from failed
    except Unreadable as unreadable:
        raise _unreadable(unreadable) from unreadable
    last = identity(listed[-1].get("id")) if len(listed) == PAGE else ""
    return Published(posts=posts, page=f"{number}/{last}" if last else "", requests=requests)


async def below(http: httpx.AsyncClient, account: Account, brand: Brand, post: str) -> Below:
    """The public replies below the post that name the brand, and its own. Raises NotHere."""
    api = Api(http, account)
    try:
        context = await api.one(f"/api/v1/statuses/{safe(post)}/context")
    except Failed as failed:
        if failed.gone:
            return Below(comments=[], stands=False)
        raise failed.reading() from failed
    try:
        shown = [one for one in records(context.get("descendants")) if one.get("visibility") in OPEN]
        comments = [_comment(api.us, one, post) for one in shown]
    except Unreadable as unreadable:
        raise _unreadable(unreadable) from unreadable
    return Below(comments=[one for one in comments if brand.external_id in (one.author, *one.named)])


def _unreadable(why: Unreadable) -> NotHere:
    return NotHere(ErrorClass.TRANSIENT, f"The Mastodon server's answer could not be read: {why}")


def _comment(us: str, status: dict[str, Any], post: str) -> Comment:
    parent = identity(status.get("in_reply_to_id"))
    return Comment(
        external_id=identity(status.get("id")),
        author=statuses.author(us, status.get("account")).external_id,
        at=written(status.get("created_at")),
        text=statuses.readable(status),
        parent="" if parent == post else parent,
        named=[name for name in statuses.mentions(us, status).values() if name],
        attachments=[one.type for one in statuses.attachments(status)],
    )
