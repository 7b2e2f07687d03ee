"""The road out: one act, asked once."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Kind, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.facebook.changes import comment_link
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.messages import content, deliver, invalid
from inbox.platforms.meta.windows import messaging_type
from inbox.platforms.reading import identity

LIMITS = {Action.DM: 2000, Action.PRIVATE_REPLY: 2000, Action.REPLY: 8000}


def length(text: str) -> int:
    """Meta says "characters" and not which; UTF-16 units are never fewer than what it may mean by that."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


async def send(graph: Graph, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    if outgoing.action in LIMITS and (no := unfit(outgoing)):
        return no
    match outgoing.action:
        case Action.DM:
            return await _dm(graph, outgoing)
        case Action.PRIVATE_REPLY:
            return await _private_reply(graph, outgoing)
        case Action.REPLY:
            return await _reply(graph, outgoing)
        case _:
            return await _act_on(graph, outgoing)


def unfit(outgoing: Outgoing) -> Refused | None:
    """Why this text cannot be posted as it is, if so."""
    limit = LIMITS[outgoing.action]
    if not outgoing.text.strip() and not outgoing.attachments:
        return invalid("There is nothing to send.")
    if length(outgoing.text) > limit:
        return Refused(ErrorClass.TOO_LONG, f"Facebook takes at most {limit} characters here.")
    if len(outgoing.attachments) > 1:
        return invalid("Facebook takes one attachment at a time.")
    return None


async def _dm(graph: Graph, outgoing: Outgoing) -> Outcome:
    if not outgoing.recipient:
        return invalid("Facebook needs to know to whom this goes.")
    human = graph.settings.get("human_agent") is True
    envelope = messaging_type(outgoing, clock.now(), human_agent=human, title=graph.title, noun="a Page")
    if isinstance(envelope, Refused):
        return envelope
    body: dict[str, Any] = {"recipient": {"id": outgoing.recipient}, **envelope}
    if outgoing.target and graph.settings.get("quote_replies") is True:
        body["reply_to"] = {"mid": outgoing.target}
    return await _message(graph, outgoing, body)


async def _private_reply(graph: Graph, outgoing: Outgoing) -> Outcome:
    if not outgoing.target:
        return invalid("Facebook needs to know which comment this answers.")
    if outgoing.window_until and clock.now() > outgoing.window_until:
        return Refused(ErrorClass.WINDOW_CLOSED, "Facebook lets a Page answer a comment privately for 7 days.")
    if no := elsewhere(graph, outgoing):
        return no
    is_post = outgoing.kind is Kind.MENTION and outgoing.target == outgoing.thread
    return await _message(graph, outgoing, {"recipient": {"post_id" if is_post else "comment_id": outgoing.target}})


def elsewhere(graph: Graph, outgoing: Outgoing) -> Refused | None:
    """A mention may stand on anybody's page, where a Page of ours has no say."""
    ours = f"{graph.account.external_id}_"
    if outgoing.kind is not Kind.MENTION or outgoing.thread.startswith(ours) or outgoing.target.startswith(ours):
        return None
    return invalid("Facebook lets a Page do this only on its own page.")


async def _message(graph: Graph, outgoing: Outgoing, body: dict[str, Any]) -> Outcome:
    message = content(outgoing, graph.title)
    if isinstance(message, Refused):
        return message
    return await deliver(graph, outgoing, body | {"message": {"metadata": outgoing.correlation, **message}})


async def _reply(graph: Graph, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.target)
    if not target:
        return invalid("Facebook needs to know what this answers.")
    body: dict[str, Any] = {"message": clean(outgoing.text)} if outgoing.text.strip() else {}
    if outgoing.attachments:
        picture = outgoing.attachments[0]
        if picture.type != "image" or not picture.url:
            return invalid("Facebook takes pictures in comments, and nothing else.")
        body["attachment_url"] = picture.url
    # `/comments` is what makes this a reply: without it Facebook rewrites what is already there.
    answer = await graph.write("POST", f"{target}/comments", body)
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (comment := identity(answer.get("id"))):
        return Unknown("Facebook took the reply and did not say under which id.")
    above = "" if outgoing.thread in ("", outgoing.root) or target == outgoing.root else outgoing.thread
    link = comment_link(graph.account.external_id, outgoing.root, comment, above) if outgoing.root else ""
    return Sent(comment, clock.now(), link)


async def _act_on(graph: Graph, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.target)
    if not target:
        return invalid("Facebook needs to know what this is about.")
    if outgoing.action in (Action.HIDE, Action.UNHIDE, Action.DELETE) and (no := elsewhere(graph, outgoing)):
        return no
    match outgoing.action:
        case Action.HIDE | Action.UNHIDE:
            answer = await graph.write("POST", target, {"is_hidden": outgoing.action is Action.HIDE})
        case Action.LIKE:
            answer = await graph.write("POST", f"{target}/likes", {})
        case Action.UNLIKE:
            answer = await graph.write("DELETE", f"{target}/likes", {})
        case Action.DELETE:
            answer = await graph.write("DELETE", target, {})
        case _:
            return invalid("Facebook knows no such act.")
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.get("success") is True:
        return Sent("", clock.now())
    if answer.get("success") is False:
        return Refused(ErrorClass.INVALID, graph.says(ErrorClass.INVALID))
    return Unknown("Facebook's answer does not say whether it was done.")
