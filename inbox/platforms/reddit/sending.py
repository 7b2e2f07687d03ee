"""Acting on Reddit. Everything is asked for once, and every doubt is unknown."""

from datetime import timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Outcome, Outgoing, Refused, Sent, Unknown, Unreadable
from inbox.platforms.reading import part, records, words
from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.looking import sent_message
from inbox.platforms.reddit.modmail import conversation_in, message_of, thread_of
from inbox.platforms.reddit.reading import (
    COMMENT,
    MESSAGE,
    POST,
    USERNAME,
    fullname,
    gone,
    instant,
    moment,
    nobody,
    permalink,
    same,
)
from inbox.platforms.reddit.refusals import Failed

LIMIT = 10_000
LIMITS = {Action.REPLY: LIMIT, Action.PRIVATE_REPLY: LIMIT, Action.DM: LIMIT}
LONGEST_SUBJECT = 100
MADE_UP = "z"  # since private messages moved to Chat, an answer may name a message t4_zzzzzzzzzzzz: that is nobody's
JUST_NOW = timedelta(minutes=2)


async def send(api: Api, outgoing: Outgoing) -> Outcome:
    """Ask once."""
    if outgoing.action in LIMITS and (no := _unsayable(outgoing)):
        return no
    try:
        match outgoing.action:
            case Action.REPLY:
                return await _reply(api, outgoing)
            case Action.DM:
                return await _message(api, outgoing)
            case Action.PRIVATE_REPLY:
                who = outgoing.target_author.handle if outgoing.target_author else outgoing.recipient
                return await _compose(api, outgoing, who or outgoing.recipient)
            case Action.HIDE | Action.UNHIDE:
                return await _moderate(api, outgoing)
            case Action.DELETE:
                return await _delete(api, outgoing)
            case _:
                return Refused(ErrorClass.INVALID, "Reddit does not offer this.")
    except Failed as failed:
        return failed.writing()


def _unsayable(outgoing: Outgoing) -> Refused | None:
    if outgoing.attachments:
        return Refused(ErrorClass.INVALID, "Reddit takes text here, no files.")
    if not outgoing.text.strip():
        return Refused(ErrorClass.INVALID, "There is nothing to say in this message.")
    if len(outgoing.text) > LIMIT:
        return Refused(ErrorClass.TOO_LONG, f"Reddit takes at most {LIMIT:,} characters here.")
    return None


# In public


async def _reply(api: Api, outgoing: Outgoing) -> Outcome:
    target = fullname(outgoing.target, COMMENT, POST)
    if not target:
        return Refused(ErrorClass.INVALID, "This is neither a comment nor a post on Reddit.")
    # /api/comment answers; /api/editusertext, which takes the same fields, would overwrite.
    told = await api.post("api/comment", api_type="json", thing_id=target, text=outgoing.text)
    data = _thing(told)
    name = fullname(data.get("name"), COMMENT)
    if not name:
        return Unknown("Reddit's answer does not name the comment.")
    return Sent(name, moment(data.get("created_utc")) or clock.now(), permalink(data))


def _thing(told: Any) -> dict[str, Any]:
    made = next(iter(records(part(told, "json", "data", "things"))), {})
    data = made.get("data")
    return data if isinstance(data, dict) else {}


async def _moderate(api: Api, outgoing: Outgoing) -> Outcome:
    target = fullname(outgoing.target, COMMENT, POST)
    if not target:
        return Refused(ErrorClass.INVALID, "This is neither a comment nor a post on Reddit.")
    try:
        if outgoing.action is Action.HIDE:
            await api.post("api/remove", api_type="json", id=target, spam="false")
        else:
            await api.post("api/approve", api_type="json", id=target)
    except Failed as failed:
        if failed.error is not ErrorClass.PERMISSION_MISSING:
            raise
        sentence = "Only moderators of the subreddit can remove or approve this, and this account is none there."
        return Refused(ErrorClass.PERMISSION_MISSING, sentence)
    return Sent("", clock.now())


async def _delete(api: Api, outgoing: Outgoing) -> Outcome:
    """Look whose it is before: Reddit answers a deletion of somebody else's comment as if it were done."""
    target = fullname(outgoing.target, COMMENT, POST)
    if not target:
        return Refused(ErrorClass.INVALID, "Only comments and posts of ours can be deleted on Reddit.")
    try:
        data = part((await api.info([target])).get(target), "data")
    except Failed as failed:
        return failed.before_writing()
    if not isinstance(data, dict):
        return Refused(ErrorClass.INVALID, "Reddit does not show this any more.")
    if gone(target[:2], data) is not None or nobody(data.get("author")):
        return Refused(ErrorClass.PARENT_GONE, "This is gone from Reddit already.")
    if not same(data.get("author"), api.name):
        return Refused(ErrorClass.PERMISSION_MISSING, "Only our own comments can be deleted on Reddit.")
    await api.post("api/del", api_type="json", id=target)
    return Sent("", clock.now())


# In private


async def _message(api: Api, outgoing: Outgoing) -> Outcome:
    if conversation := conversation_in(outgoing.thread) or conversation_in(outgoing.target):
        return await _modmail(api, outgoing, conversation)
    if above := fullname(outgoing.target, MESSAGE) or fullname(outgoing.thread, MESSAGE):
        return await _answer(api, outgoing, above)
    return await _compose(api, outgoing, outgoing.recipient)


async def _answer(api: Api, outgoing: Outgoing, above: str) -> Outcome:
    data = _thing(await api.post("api/comment", api_type="json", thing_id=above, text=outgoing.text))
    name = fullname(data.get("name"), MESSAGE)
    if not name:
        return Unknown("Reddit's answer does not name the message.")
    at = moment(data.get("created_utc")) or clock.now()
    return await _found(api, outgoing, at) if not name[3:].strip(MADE_UP) else Sent(name, at)


async def _compose(api: Api, outgoing: Outgoing, who: str) -> Outcome:
    if not USERNAME.fullmatch(who):
        return Refused(
            ErrorClass.RECIPIENT_UNAVAILABLE, "Reddit does not say who this is, so nobody can be written to."
        )
    subject = str(api.settings["subject"]).replace("{name}", api.name)[:LONGEST_SUBJECT]
    await api.post("api/compose", api_type="json", to=who, subject=subject, text=outgoing.text)
    return await _found(api, outgoing, clock.now())


async def _found(api: Api, outgoing: Outgoing, at: Any) -> Sent:
    """What was sent, by its name: the answer to the sending gave none. Not to find it changes nothing: it was sent."""
    try:
        found = await sent_message(api, outgoing, since=at - JUST_NOW)
    except (Failed, Unreadable):
        found = []
    return found[0] if len(found) == 1 else Sent("", at)


async def _modmail(api: Api, outgoing: Outgoing, conversation: str) -> Outcome:
    told = await api.post(
        f"api/mod/conversations/{conversation}",
        body=outgoing.text,
        isAuthorHidden="true" if api.settings["hide_moderator_name"] else "false",
        isInternal="false",
    )
    keys = [each.get("id") for each in records(part(told, "conversation", "objIds")) if each.get("key") == "messages"]
    message = part(told, "messages", words(keys[-1])) if keys else None
    if not isinstance(message, dict) or not words(message.get("id")):
        return Unknown("Reddit's answer does not name the message.")
    try:
        at = instant(message.get("date"))
    except Unreadable:
        at = clock.now()
    return Sent(message_of(conversation, words(message["id"])), at, thread=thread_of(conversation))
