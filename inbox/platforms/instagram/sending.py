"""The road out: one act, asked once."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Kind, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.messages import content, deliver, invalid
from inbox.platforms.meta.windows import messaging_type
from inbox.platforms.reading import identity

LIMITS = {Action.DM: 1000, Action.PRIVATE_REPLY: 1000, Action.REPLY: 2200}
MEDIA = frozenset({"image", "video", "audio"})


def length(text: str, action: Action) -> int:
    """Messages are counted in bytes of UTF-8; comments in UTF-16 units, which are never fewer than characters."""
    if action in (Action.DM, Action.PRIVATE_REPLY):
        return len(clean(text).encode("utf-8"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


async def send(graph: Graph, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    if outgoing.action in LIMITS and (no := unfit(graph, outgoing)):
        return no
    match outgoing.action:
        case Action.DM:
            return await _dm(graph, outgoing)
        case Action.PRIVATE_REPLY:
            return await _private_reply(graph, outgoing)
        case Action.REPLY if outgoing.kind is Kind.MENTION:
            return await _answer_mention(graph, outgoing)
        case Action.REPLY:
            return await _reply(graph, outgoing)
        case _:
            return await _act_on(graph, outgoing)


def unfit(graph: Graph, outgoing: Outgoing) -> Refused | None:
    """Why this cannot be posted as it is, if so."""
    if not outgoing.text.strip() and not outgoing.attachments:
        return invalid("There is nothing to send.")
    if len(outgoing.attachments) > 1:
        return invalid("Instagram takes one attachment at a time.")
    public = outgoing.action is Action.REPLY
    if public and outgoing.attachments:
        return invalid("Instagram takes text in comments, and nothing else.")
    limit = int(graph.settings["comment_limit"]) if public else LIMITS[outgoing.action]
    count = length(words_of(outgoing), outgoing.action)
    if count > limit:
        unit = "characters" if public else "bytes, of which accented letters and emoji take two to four,"
        return Refused(ErrorClass.TOO_LONG, f"Instagram takes at most {limit} {unit} here, and this has {count}.")
    return None


def words_of(outgoing: Outgoing) -> str:
    """What will be posted. There is no third level: who answers an answer has to name the person it is for."""
    text = clean(outgoing.text)
    who = outgoing.target_author.handle.removeprefix("@") if outgoing.target_author else ""
    below = outgoing.action is Action.REPLY and outgoing.kind is Kind.COMMENT and beneath(outgoing)
    named = f"@{who}".casefold() in text.casefold().split()
    return f"@{who} {text}" if below and who and not named else text


def beneath(outgoing: Outgoing) -> bool:
    """Whether this answers something that is an answer itself."""
    return outgoing.thread not in ("", outgoing.target)


async def _dm(graph: Graph, outgoing: Outgoing) -> Outcome:
    if not outgoing.recipient:
        return invalid("Instagram needs to know to whom this goes.")
    human = graph.settings.get("human_agent") is True
    envelope = messaging_type(outgoing, clock.now(), human_agent=human, title=graph.title, noun="an account")
    if isinstance(envelope, Refused):
        return envelope
    body: dict[str, Any] = {"recipient": {"id": outgoing.recipient}, **envelope}
    if outgoing.target and graph.settings.get("quote_replies") is True:
        body["reply_to"] = {"mid": outgoing.target}
    return await _message(graph, outgoing, body)


async def _private_reply(graph: Graph, outgoing: Outgoing) -> Outcome:
    if not outgoing.target:
        return invalid("Instagram needs to know which comment this answers.")
    if outgoing.kind is not Kind.COMMENT:
        return invalid("Instagram takes private replies to comments below the account's own posts only.")
    if outgoing.window_until and clock.now() > outgoing.window_until:
        return Refused(ErrorClass.WINDOW_CLOSED, "Instagram lets an account answer a comment privately for 7 days.")
    return await _message(graph, outgoing, {"recipient": {"comment_id": outgoing.target}})


async def _message(graph: Graph, outgoing: Outgoing, body: dict[str, Any]) -> Outcome:
    message = content(outgoing, graph.title, MEDIA)
    return message if isinstance(message, Refused) else await deliver(graph, outgoing, body | {"message": message})


async def _reply(graph: Graph, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.thread or outgoing.target)
    if not target or not outgoing.target:
        return invalid("Instagram needs to know which comment this answers.")
    # `/replies` of the first comment: an answer to an answer is filed there in any case.
    return _posted(await graph.write("POST", f"{target}/replies", {"message": words_of(outgoing)}))


async def _answer_mention(graph: Graph, outgoing: Outgoing) -> Outcome:
    account, target, post = (safe_id(one) for one in (graph.account.external_id, outgoing.target, outgoing.root))
    if not account or not target:
        return invalid("Instagram needs to know which mention this answers.")
    where = {"media_id": post, "comment_id": target} if post and post != target else {"media_id": target}
    return _posted(await graph.write("POST", f"{account}/mentions", {**where, "message": words_of(outgoing)}))


def _posted(answer: dict[str, Any] | Refused | Unknown) -> Outcome:
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (comment := identity(answer.get("id"))):
        return Unknown("Instagram took the reply and did not say under which id.")
    return Sent(comment, clock.now())


async def _act_on(graph: Graph, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.target)
    if not target:
        return invalid("Instagram needs to know what this is about.")
    if outgoing.kind is not Kind.COMMENT:
        return invalid("Instagram lets an account do this only below its own posts.")
    match outgoing.action:
        case Action.HIDE | Action.UNHIDE:
            answer = await graph.write("POST", target, {"hide": outgoing.action is Action.HIDE})
        case Action.DELETE:
            answer = await graph.write("DELETE", target, {})
        case _:
            return invalid("Instagram knows no such act.")
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.get("success") is True:
        return Sent("", clock.now())
    if answer.get("success") is False:
        return Refused(ErrorClass.INVALID, graph.says(ErrorClass.INVALID))
    return Unknown("Instagram's answer does not say whether it was done.")
