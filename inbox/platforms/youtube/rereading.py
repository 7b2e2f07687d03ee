"""Looking again at what we hold, and at where a picture is now."""

from collections.abc import Sequence

from inbox.ground import clock
from inbox.platforms.base import Attachment, ErrorClass, Known, Media, NotHere, Polled
from inbox.platforms.reading import Json, identity, record, records, words
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.comments import PUBLISHED
from inbox.platforms.youtube.cursor import HELD, SPAM
from inbox.platforms.youtube.looking import are_held
from inbox.platforms.youtube.reading import safe_id


async def reread(api: Api, items: Sequence[Known]) -> Polled:
    """Their text now, or that they are gone. What is held back is not gone, so where some are missing that is asked."""
    ids = list(dict.fromkeys(item.external_id for item in items if safe_id(item.external_id)))
    most = int(api.settings["ids_per_request"])
    found: list[Json] = []
    for place in range(0, len(ids), most):
        found += await _among(api, ids[place : place + most])
    there = {identity(item.get("id")) for item in found}
    missing = [comment for comment in ids if comment not in there]
    held = await are_held(api, missing, [HELD, SPAM]) if missing else set()
    if held is None:
        held = set(missing)  # they may be further down in the lists of the held, so nothing is said of them
    envelope = {"account": api.channel, "at": clock.now().isoformat()}
    payloads: list[Json] = []
    if found:
        payloads.append({**envelope, "kind": "youtube#commentListResponse", "status": PUBLISHED, "items": found})
    if gone := [{"id": comment} for comment in missing if comment not in held]:
        payloads.append({**envelope, "gone": gone})
    return Polled(payloads=payloads, cursor={}, cost=api.spent)


async def _among(api: Api, ids: list[str]) -> list[Json]:
    """Those of them that are there. One that is gone may spoil the answer for all: which it is, halving finds."""
    try:
        answer = await api.get("comments", part="snippet", id=",".join(ids), textFormat="plainText")
    except NotHere as refusal:
        if refusal.error is not ErrorClass.PARENT_GONE:
            raise
        if len(ids) == 1:
            return []
        half = len(ids) // 2
        return await _among(api, ids[:half]) + await _among(api, ids[half:])
    return records(answer.get("items"))


async def locate(api: Api, attachment: Attachment) -> Media | None:
    """A comment's picture has a signed address that holds for six hours, so it is asked for when it is wanted."""
    comment = safe_id(attachment.external_id)
    if not comment:
        return Media(attachment.url) if attachment.url else None
    for item in await _among(api, [comment]):
        if identity(item.get("id")) == comment and (url := words(record(item.get("snippet")).get("imageUrl"))):
            return Media(url)
    return None
