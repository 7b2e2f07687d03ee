"""The road out: one act, asked once. A reply is made in two requests, and only the second shows it to anybody."""

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Kind, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.messages import invalid
from inbox.platforms.reading import identity

LIMITS = {Action.REPLY: 500}


def length(text: str) -> int:
    """In characters; an emoji counts as many as it has bytes, and so does what joins emoji."""
    return sum(len(sign.encode("utf-8", "replace")) if _emoji(sign) else 1 for sign in text)


def _emoji(sign: str) -> bool:
    point = ord(sign)
    return point >= 0x1F000 or 0x2600 <= point <= 0x27BF or point in (0x200D, 0x20E3, 0xFE0F)


async def send(graph: Graph, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    match outgoing.action:
        case Action.REPLY:
            return await _reply(graph, outgoing)
        case Action.HIDE | Action.UNHIDE if outgoing.kind is Kind.COMMENT:
            return await _hide(graph, outgoing)
        case _:
            return invalid("Threads knows no such act.")


async def _reply(graph: Graph, outgoing: Outgoing) -> Outcome:
    target, limit = safe_id(outgoing.target), int(graph.settings["text_limit"])
    if not outgoing.text.strip():
        return invalid("There is nothing to send.")
    if outgoing.attachments:
        return invalid("Earshot sends text to Threads, and nothing else.")
    if (count := length(outgoing.text)) > limit:
        return Refused(ErrorClass.TOO_LONG, f"Threads takes at most {limit} characters, and this counts {count}.")
    if not target:
        return invalid("Threads needs to know what this answers.")
    body = {"media_type": "TEXT", "text": clean(outgoing.text), "reply_to_id": target}
    made = await graph.write("POST", "me/threads", body)
    if isinstance(made, Refused):
        return made
    creation = safe_id(identity(made.get("id"))) if isinstance(made, dict) else ""
    if not creation:
        # What was made, if it was, is seen by nobody before it is published: this is a sure no, not a doubt.
        why = made.reason if isinstance(made, Unknown) else "It did not say under which id the reply was made."
        return Refused(ErrorClass.TRANSIENT, f"Threads did not take the reply, which nobody has seen. {why}")
    answer = await graph.write("POST", "me/threads_publish", {"creation_id": creation})
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (post := identity(answer.get("id"))):
        return Unknown("Threads took the reply and did not say under which id.")
    return Sent(post, clock.now())


async def _hide(graph: Graph, outgoing: Outgoing) -> Outcome:
    target = safe_id(outgoing.target)
    if not target:
        return invalid("Threads needs to know what this is about.")
    answer = await graph.write("POST", f"{target}/manage_reply", {"hide": outgoing.action is Action.HIDE})
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.get("success") is True:
        return Sent("", clock.now())
    if answer.get("success") is False:
        return Refused(ErrorClass.INVALID, graph.says(ErrorClass.INVALID))
    return Unknown("Threads' answer does not say whether it was done.")
