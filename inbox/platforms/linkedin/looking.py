"""Whether an act whose outcome we do not know is there. A weak look: LinkedIn gives back no name of ours."""

from datetime import timedelta
from typing import Any

from inbox.platforms.base import Absent, Action, CannotTell, ErrorClass, Look, NotHere, Outgoing, Sent
from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.polling import name_of, read_page
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.linkedin.sending import place, reaction
from inbox.platforms.reading import record, stamped, words

PAGES = 5
SKEW = timedelta(minutes=2)


async def look(rest: Rest, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling. Two comments with the same words are no telling: either may be a colleague's."""
    try:
        match outgoing.action:
            case Action.REPLY:
                return await _reply(rest, outgoing)
            case Action.DELETE:
                return await _gone(rest, outgoing)
            case _:
                return await _reacted(rest, outgoing)
    except NotHere as refusal:
        return CannotTell(refusal.message)


async def _reply(rest: Rest, outgoing: Outgoing) -> Look:
    post, above = place(outgoing)
    if not post:
        return CannotTell("There is no telling where it would be.")
    found: dict[str, Sent] = {}
    start: int | None = 0
    for _ in range(PAGES):
        items, start = await read_page(rest, f"socialActions/{urns.encoded(above or post)}/comments?", start or 0)
        found |= {one.external_id: one for item in items if (one := _same(rest, outgoing, item))}
        if start is None:
            break
    else:
        return CannotTell("So much has been written there that we did not find the end.")
    if len(found) > 1:
        return CannotTell("The same words stand there more than once.")
    return next(iter(found.values()), Absent())


def _same(rest: Rest, outgoing: Outgoing, item: dict[str, Any]) -> Sent | None:
    name, at = name_of(item), stamped(record(item.get("created")).get("time"))
    if (
        not name
        or at is None
        or at < outgoing.created_at - SKEW
        or not urns.is_page(urns.urn(item.get("actor")), rest.page)
    ):
        return None
    if _plain(words(record(item.get("message")).get("text"))) != _plain(outgoing.text):
        return None
    return Sent(name, at, urns.comment_link(urns.parts(name)[0], name))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


async def _gone(rest: Rest, outgoing: Outgoing) -> Look:
    post, comment = urns.parts(urns.comment(outgoing.target))
    if not post:
        return CannotTell("There is no telling what this was about.")
    done = Sent("", outgoing.created_at)
    return Absent() if await _stands(rest, f"socialActions/{urns.encoded(post)}/comments/{comment}") else done


async def _reacted(rest: Rest, outgoing: Outgoing) -> Look:
    target = urns.comment(outgoing.target) or urns.urn(outgoing.target)
    if not target:
        return CannotTell("There is no telling what this was about.")
    stands = await _stands(rest, reaction(rest.page, target))
    return Sent("", outgoing.created_at) if stands is (outgoing.action is Action.LIKE) else Absent()


async def _stands(rest: Rest, path: str) -> bool:
    try:
        await rest.get(path)
    except NotHere as refusal:
        if refusal.error is ErrorClass.PARENT_GONE:
            return False
        raise
    return True
