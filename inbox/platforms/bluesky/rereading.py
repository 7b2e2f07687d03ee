"""Looking again at what we hold: the text of each post now, or that it is gone; and where a picture's bytes are."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from inbox.ground import clock
from inbox.platforms.base import Account, Attachment, ErrorClass, Known, Media, NotHere, Polled
from inbox.platforms.bluesky import keys
from inbox.platforms.bluesky.xrpc import Api, Failed, refusal
from inbox.platforms.reading import part, words
from inbox.platforms.reading import records as objects

PLC = "https://plc.directory"
# What concerns every post. Any other refusal is about this one, and stops no other.
FOR_ALL = frozenset({ErrorClass.AUTH_EXPIRED, ErrorClass.RATE_LIMITED, ErrorClass.TRANSIENT})


async def standing(api: Api, uris: Sequence[str]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The posts as they are shown now, and those that are gone.

    Gone means not shown any more, and not in their author's repository either: the second look tells a deletion from
    a block and from a moment's bad answer, for a deletion cannot be taken back here.
    """
    shown = await api.posts(list(uris))
    return shown, {uri for uri in uris if uri not in shown and await _gone(api, uri)}


async def _gone(api: Api, uri: str) -> bool:
    try:
        return await api.record(*keys.split(uri)) is None
    except Failed as failed:
        if failed.error in FOR_ALL:
            raise
        return False  # its author has closed the account, or it is shut: both may be taken back


def told(account: str, gone: Iterable[dict[str, Any]], edited: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The payloads that say what has become of posts."""
    held = {"deleted": list(gone), "edited": list(edited)}
    return [{"account": account, name: each} for name, each in held.items() if each]


async def reread(http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
    """What has become of these posts. Bluesky numbers no edits, so each that stands is told with its text now."""
    known = [item for item in items if keys.split(item.external_id)[1] == keys.POST]
    try:
        shown, gone = await standing(Api(http, account), [item.external_id for item in known])
    except Failed as failed:
        raise failed.reading() from failed
    now = clock.now().isoformat()
    payloads = told(
        account.external_id,
        ({"uri": item.external_id, "root": item.root, "at": now} for item in known if item.external_id in gone),
        ({"post": shown[item.external_id], "at": now} for item in known if item.external_id in shown),
    )
    return Polled(payloads=payloads, cursor={})


async def locate(http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
    """The address that came with it; for a file of which only the name is known, its author's own server."""
    if attachment.url:
        return Media(attachment.url)
    did, _, cid = attachment.external_id.partition("/")
    if not did.startswith("did:") or not cid:
        return None
    home = await _server(http, account, did)
    if not home:
        return None
    return Media(f"{home}/xrpc/com.atproto.sync.getBlob?{urlencode({'did': did, 'cid': cid})}")


async def _server(http: httpx.AsyncClient, account: Account, did: str) -> str:
    """The server that has this person's files, as the document behind their DID says; "" where there is none."""
    where = f"{str(account.settings.get('directory') or PLC).rstrip('/')}/{quote(did, safe=':')}"
    if did.startswith("did:web:"):
        where = f"https://{did.removeprefix('did:web:')}/.well-known/did.json"
    try:
        answer = await http.get(where, headers={"accept": "application/json"})
        if answer.status_code in (404, 410):
            return ""
        if not answer.is_success:
            raise refusal(answer).reading()
        document = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotHere(ErrorClass.TRANSIENT, "Bluesky does not say just now where this file is kept.") from error
    for entry in objects(part(document, "service")):
        endpoint = words(entry.get("serviceEndpoint")).rstrip("/")
        # A stranger's document may not lead from https down to http.
        if words(entry.get("id")).endswith("#atproto_pds") and endpoint.startswith(
            ("https:", where.partition("//")[0])
        ):
            return endpoint
    return ""
