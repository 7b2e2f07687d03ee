"""The road out: one act, asked once."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Kind, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.reading import identity, record
from inbox.platforms.x.api import Api
from inbox.platforms.x.counting import LIMITS, length
from inbox.platforms.x.messages import talk_link
from inbox.platforms.x.problems import SENTENCES
from inbox.platforms.x.reading import made_at, post_link, safe_id


def invalid(message: str) -> Refused:
    """A no of our own: no request left."""
    return Refused(ErrorClass.INVALID, message)


async def send(api: Api, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    if outgoing.action in LIMITS and (no := unfit(outgoing)):
        return no
    match outgoing.action:
        case Action.REPLY:
            return await _reply(api, outgoing)
        case Action.DM | Action.PRIVATE_REPLY:
            return await _message(api, outgoing)
        case Action.HIDE | Action.UNHIDE:
            return await _hide(api, outgoing)
        case Action.DELETE:
            return await _delete(api, outgoing)
        case _:
            return invalid("X offers no such act to apps.")


def unfit(outgoing: Outgoing) -> Refused | None:
    """Why this text cannot be posted as it is, if so."""
    limit = LIMITS[outgoing.action]
    if not outgoing.text.strip():
        return invalid("There is nothing to send.")
    if length(outgoing.text, outgoing.action) > limit:
        return Refused(ErrorClass.TOO_LONG, f"X takes at most {limit} characters here, and counts some twice.")
    if outgoing.attachments:
        return invalid("Replies and messages leave as text here; X would take no file from us.")
    return None


async def _reply(api: Api, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.target)
    if not target:
        return invalid("X needs to know which post this answers.")
    body = {"text": clean(outgoing.text), "reply": {"in_reply_to_tweet_id": target}}
    answer = await api.write("POST", "/2/tweets", body, outgoing.action)
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (post := identity(record(answer.get("data")).get("id"))):
        return Unknown("X took the reply and did not say under which id.")
    return Sent(post, made_at(post) or clock.now(), post_link(post, api.account.handle))


async def _message(api: Api, outgoing: Outgoing) -> Outcome:
    person, account = safe_id(outgoing.recipient), api.account.external_id
    private = outgoing.action is Action.PRIVATE_REPLY
    if private and not person and outgoing.target_author:
        person = safe_id(outgoing.target_author.external_id)
    talk = "" if private else safe_id(outgoing.thread)
    # Of two people the conversation has the other's id for its name; a group has one of its own.
    group = talk if talk and talk != person else ""
    if not person and not group:
        return invalid("X needs to know to whom this goes.")
    path = f"/2/dm_conversations/{group}/messages" if group else f"/2/dm_conversations/with/{person}/messages"
    answer = await api.write("POST", path, {"text": clean(outgoing.text)}, outgoing.action)
    if isinstance(answer, Refused) and answer.error is ErrorClass.PARENT_GONE:
        return Refused(ErrorClass.RECIPIENT_UNAVAILABLE, answer.message)
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (message := identity(record(answer.get("data")).get("dm_event_id"))):
        return Unknown("X took the message and did not say under which id.")
    return Sent(
        message,
        made_at(message) or clock.now(),
        talk_link(account, group or person, group=bool(group)),
        group or person,
    )


async def _hide(api: Api, outgoing: Outgoing) -> Outcome:
    target, hidden = safe_id(outgoing.target), outgoing.action is Action.HIDE
    if not target:
        return invalid("X needs to know which reply this is about.")
    answer = await api.write("PUT", f"/2/tweets/{target}/hidden", {"hidden": hidden}, outgoing.action)
    return _done(answer, "hidden", hidden)


async def _delete(api: Api, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.target)
    if not target:
        return invalid("X needs to know what is to be deleted.")
    place = "dm_events" if outgoing.kind is Kind.DM else "tweets"
    answer = await api.write("DELETE", f"/2/{place}/{target}", None, outgoing.action)
    return _done(answer, "deleted", True)


def _done(answer: dict[str, Any] | Refused | Unknown, name: str, wanted: bool) -> Outcome:
    if isinstance(answer, Refused | Unknown):
        return answer
    done = record(answer.get("data")).get(name)
    if done is wanted:
        return Sent("", clock.now())
    if isinstance(done, bool):
        return Refused(ErrorClass.INVALID, SENTENCES[ErrorClass.INVALID])
    return Unknown("X's answer does not say whether it was done.")
