"""Acting on the network. A reply is seen by no more people than what it answers, and goes out under a key of ours."""

from hashlib import sha256
from typing import Any

import httpx

from inbox.ground import clock
from inbox.platforms.base import (
    Absent,
    Account,
    Action,
    CannotTell,
    ErrorClass,
    Look,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Unknown,
    Unreadable,
)
from inbox.platforms.mastodon import counting, looking, names, statuses
from inbox.platforms.mastodon.api import Api, Failed, safe
from inbox.platforms.reading import identity, words, written

WIDEST_FIRST = ("public", "unlisted", "private", "direct")
WRITTEN = (Action.REPLY, Action.PRIVATE_REPLY, Action.DM)
LIMITS = dict.fromkeys(WRITTEN, counting.LIMIT - counting.NAMING)


def mint(outgoing: Outgoing) -> str:
    """The Idempotency-Key of a post, the same whenever it is asked."""
    if outgoing.action not in WRITTEN:
        return ""
    return "earshot-" + sha256(outgoing.correlation.encode()).hexdigest()[:40]


async def send(http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
    """Ask once. Everything before the write is reading, so a failure there is a definite no."""
    api = Api(http, account)
    try:
        match outgoing.action:
            case Action.REPLY | Action.PRIVATE_REPLY | Action.DM:
                return await _write(api, outgoing)
            case Action.LIKE | Action.UNLIKE:
                return await _favour(api, outgoing)
            case Action.DELETE:
                return await _delete(api, outgoing)
            case _:
                return Refused(ErrorClass.INVALID, "Mastodon does not offer this.")
    except Failed as failed:
        return failed.before_writing()


# Writing


async def _write(api: Api, outgoing: Outgoing) -> Outcome:
    if not outgoing.text.strip():
        return Refused(ErrorClass.INVALID, "There is nothing to say in this reply.")
    if outgoing.attachments:
        return Refused(ErrorClass.INVALID, "Pictures cannot be sent to Mastodon yet.")
    if counting.length(outgoing.text) > LIMITS[outgoing.action]:
        return Refused(ErrorClass.TOO_LONG, f"Mastodon takes {LIMITS[outgoing.action]} characters here.")
    parent = await api.status(outgoing.target) if outgoing.target else None
    if parent is None and outgoing.action is not Action.DM:
        return Refused(ErrorClass.PARENT_GONE, "This post is gone, or its author has blocked this account.")
    prepared = _prepared(api, outgoing, parent)
    if isinstance(prepared, Refused):
        return prepared
    # A key holds for an hour. Whatever waited longer may have gone out under one that is forgotten: so look first.
    if looking.lapsed(outgoing):
        there = await looking.find(api, outgoing)
        if not isinstance(there, Absent):
            return there if isinstance(there, Sent) else Refused(ErrorClass.TRANSIENT, there.reason)
    try:
        answer = await api.post("/api/v1/statuses", prepared, {"Idempotency-Key": outgoing.minted})
    except Failed as failed:
        if failed.gone and parent is not None:
            return Refused(ErrorClass.PARENT_GONE, "What this answers has been deleted.")
        return failed.writing()
    return _done(outgoing, answer)


def _prepared(api: Api, outgoing: Outgoing, parent: dict[str, Any] | None) -> dict[str, Any] | Refused:
    """What is to be posted, or why not."""
    if not outgoing.minted:
        return Refused(ErrorClass.INVALID, "This act has no key to be written under.")
    private = outgoing.action is not Action.REPLY
    visibility = "direct" if private else visible(parent, str(api.account.settings.get("visibility") or ""))
    whom = _addressee(api, outgoing, parent)
    if not whom and private:
        return Refused(ErrorClass.RECIPIENT_UNAVAILABLE, "There is nobody this could be written to.")
    words = addressed(outgoing.text, whom, names.domain_of(api.us))
    if visibility == "direct":
        ours = names.domain_of(api.us)
        others = {f"{name}@{domain or ours}" for name, domain in names.named(words)} - {whom, api.us}
        if others:
            who = ", ".join(sorted(others))
            sentence = f"Whoever is named in a private post can read it. Leave out the @ before {who}."
            return Refused(ErrorClass.POLICY_BLOCKED, sentence)
    settings = api.account.settings
    limit, per_link = (
        _number(settings.get("max_characters"), counting.LIMIT),
        settings.get("characters_reserved_per_url"),
    )
    if (length := counting.length(words, _number(per_link, counting.PER_LINK))) > limit:
        sentence = f"This server takes {limit} characters, and with the name of the person this has {length}."
        return Refused(ErrorClass.TOO_LONG, sentence)
    body: dict[str, Any] = {"status": words, "visibility": visibility}
    if parent is not None:
        body["in_reply_to_id"] = identity(parent.get("id"))
    if outgoing.language:
        body["language"] = outgoing.language.partition("-")[0]
    return body


def visible(parent: dict[str, Any] | None, chosen: str) -> str:
    """Who may see a reply: those who see what it answers, or fewer where a setting says so."""
    above = words((parent or {}).get("visibility"))
    widest = WIDEST_FIRST.index(above) if above in WIDEST_FIRST else WIDEST_FIRST.index("direct")
    wanted = WIDEST_FIRST.index(chosen) if chosen in WIDEST_FIRST else 0
    return WIDEST_FIRST[max(widest, wanted)]


def _addressee(api: Api, outgoing: Outgoing, parent: dict[str, Any] | None) -> str:
    """The person it is for, as name@domain; "" where we answer ourselves."""
    ours = names.domain_of(api.us)
    told = outgoing.target_author.handle or outgoing.target_author.external_id if outgoing.target_author else ""
    known = outgoing.recipient if outgoing.action is Action.DM else told
    wrote = statuses.author(api.us, parent.get("account")).external_id if parent else ""
    whom = names.qualified(known or wrote or outgoing.recipient, ours)
    return "" if whom == api.us else whom


def addressed(words: str, whom: str, ours: str) -> str:
    """The text with the person's name in front, without which nobody would tell them; once is enough."""
    if not whom or whom in {f"{name}@{domain or ours}" for name, domain in names.named(words)}:
        return words
    return f"@{whom.removesuffix('@' + ours)} {words}"


def _number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default


def _done(outgoing: Outgoing, answer: dict[str, Any]) -> Outcome:
    name = identity(answer.get("id"))
    try:
        at = written(answer.get("created_at"))
    except Unreadable:
        at = clock.now()
    if not name:
        return Unknown("The Mastodon server's answer does not name what was asked for.")
    thread = outgoing.recipient if outgoing.action is Action.PRIVATE_REPLY else ""
    return Sent(name, at, words(answer.get("url")), thread)


# Other acts


async def _favour(api: Api, outgoing: Outgoing) -> Outcome:
    verb = "favourite" if outgoing.action is Action.LIKE else "unfavourite"
    path = f"/api/v1/statuses/{safe(outgoing.target)}/{verb}"
    try:
        await api.post(path)
    except Failed as failed:
        return failed.writing()
    return Sent("", clock.now())


async def _delete(api: Api, outgoing: Outgoing) -> Outcome:
    # The server says "not found" also of posts that are not ours, so whose it is has to be seen before.
    there = await api.status(outgoing.target)
    if there is None:
        return Refused(ErrorClass.PARENT_GONE, "This post is gone already.")
    if not statuses.is_ours(api.us, there):
        return Refused(ErrorClass.PERMISSION_MISSING, "Only our own posts can be deleted on Mastodon.")
    try:
        await api.ask("DELETE", f"/api/v1/statuses/{safe(outgoing.target)}")
    except Failed as failed:
        return failed.writing()
    return Sent("", clock.now())


async def look(http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
    """Whether an act is there. Of a post not found the answer is firm only while the server holds its key."""
    api = Api(http, account)
    try:
        if outgoing.action in WRITTEN:
            found = await looking.find(api, outgoing)
            if isinstance(found, Absent) and looking.lapsed(outgoing):
                return CannotTell("It is not there, but the hour in which the server knows its key is over.")
            return found
        there = await api.status(outgoing.target)
    except Failed as failed:
        return CannotTell(failed.message)
    if outgoing.action is Action.DELETE:
        return Sent("", clock.now()) if there is None else Absent()
    if there is None or not isinstance(there.get("favourited"), bool):
        return CannotTell("The server does not show whether it was done.")
    return Sent("", clock.now()) if there["favourited"] is (outgoing.action is Action.LIKE) else Absent()
