"""What has become of what we hold: LinkedIn lets its members' words be kept for two days, and read again on view."""

from collections.abc import Sequence
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Attachment, ErrorClass, Kind, Known, Media, NotHere, Polled
from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.notices import SOCIAL
from inbox.platforms.linkedin.polling import LOCAL, dressed
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.reading import milliseconds, words

MOST = 100


async def reread(rest: Rest, items: Sequence[Known]) -> Polled:
    """One request for each item, newest first, as far as the day's calls reach. Raises NotHere."""
    budget = rest.account.budget
    most = min(MOST, int(budget.for_reading)) if budget else MOST
    told: list[dict[str, Any]] = []
    asked = 0
    for item in sorted(items, key=lambda one: one.at, reverse=True)[:most]:
        asked += 1
        try:
            told += await _again(rest, item)
        except NotHere as refusal:
            if refusal.error not in LOCAL:
                if told:
                    break  # what was read counts; the rest is asked for another time
                raise
            if refusal.error is ErrorClass.PARENT_GONE and urns.comment(item.external_id):
                told.append(_gone(rest.page, item))
    payloads = [{"type": SOCIAL, "notifications": told}] if told else []
    return Polled(payloads=payloads, cursor={}, cost=float(asked))


async def _again(rest: Rest, item: Known) -> list[dict[str, Any]]:
    post, comment = urns.parts(urns.comment(item.external_id))
    if post:
        told = await rest.get(f"socialActions/{urns.encoded(post)}/comments/{comment}")
        # Below somebody else's post it stays what it was: part of a mention.
        source = {} if item.root in ("", post) else {"entity": item.root, "owner": "urn:li:person:unknown"}
        notices = dressed(rest.page, {"object": post, "id": comment} | told, source)
        if item.kind is Kind.MENTION and not source and not item.ours:
            notices = [one | {"action": one["action"].replace("COMMENT", "COMMENT_MENTION")} for one in notices[:1]]
        return notices
    if not (share := urns.urn(item.external_id)):
        return []
    told = await rest.get(f"posts/{urns.encoded(share)}")
    about = {"owner": told.get("author"), "text": words(told.get("commentary")), "entity": share}
    notice = {"action": "SHARE_MENTION", "generatedActivity": share, "decoratedGeneratedActivity": {"share": about}}
    return [notice | {"organizationalEntity": rest.page, "lastModifiedAt": milliseconds(item.at)}]


def _gone(page: str, item: Known) -> dict[str, Any]:
    notice = {"organizationalEntity": page, "action": "COMMENT_DELETE", "generatedActivity": item.external_id}
    about = {"decoratedGeneratedActivity": {"comment": {"owner": page}}} if item.ours else {}
    return notice | about | {"lastModifiedAt": milliseconds(clock.now())}


async def locate(rest: Rest, attachment: Attachment) -> Media | None:
    """Where a picture is now: the address LinkedIn gives for its name dies after a while. Raises NotHere."""
    name = urns.urn(attachment.external_id)
    if name.startswith("urn:li:image:"):
        try:
            url = words((await rest.get(f"images/{urns.encoded(name)}")).get("downloadUrl"))
        except NotHere as refusal:
            if refusal.error not in LOCAL:
                raise
            url = ""
        if url:
            return Media(url)
    return Media(attachment.url) if attachment.url else None
