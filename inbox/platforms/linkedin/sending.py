"""The road out: one act, asked once."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.reading import identity, record, stamped

LIMITS = {Action.REPLY: 1250}


def length(text: str) -> int:
    """LinkedIn says "characters" and not which; UTF-16 units are never fewer than what it may mean by that."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def invalid(message: str) -> Refused:
    """A no of our own: no request left."""
    return Refused(ErrorClass.INVALID, message)


def place(outgoing: Outgoing) -> tuple[str, str]:
    """The post a reply stands under, and the comment it answers ("" for the post itself); ("", "") if neither is known.

    There is one level of replies: whoever answers a reply stands beside it, below the comment that began it.
    """
    above = urns.comment(outgoing.thread) or urns.comment(outgoing.target)
    if above:
        return urns.parts(above)[0], above
    return urns.urn(outgoing.target) or urns.urn(outgoing.thread), ""


def reaction(page: str, target: str) -> str:
    """The path of our own reaction to something."""
    return f"reactions/{urns.key(actor=page, entity=target)}"


async def send(rest: Rest, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    if not rest.page:
        return invalid("This channel does not know its page.")
    match outgoing.action:
        case Action.REPLY:
            return unfit(outgoing) or await _reply(rest, outgoing)
        case Action.DELETE:
            return await _delete(rest, outgoing)
        case Action.LIKE | Action.UNLIKE:
            return await _react(rest, outgoing)
        case _:
            return invalid("LinkedIn offers no such act.")


def unfit(outgoing: Outgoing) -> Refused | None:
    """Why this cannot be posted as it is, if so."""
    if outgoing.attachments:
        return invalid("LinkedIn takes no pictures or files in comments that come from other programs.")
    if not outgoing.text.strip():
        return invalid("There is nothing to send.")
    if length(outgoing.text) > LIMITS[Action.REPLY]:
        return Refused(ErrorClass.TOO_LONG, f"LinkedIn takes at most {LIMITS[Action.REPLY]} characters here.")
    return None


async def _reply(rest: Rest, outgoing: Outgoing) -> Outcome:
    post, above = place(outgoing)
    if not post:
        return invalid("LinkedIn needs to know what this answers.")
    body: dict[str, Any] = {"actor": rest.page, "object": post, "message": {"text": clean(outgoing.text)}}
    if above:
        body["parentComment"] = above
    answer = await rest.write("POST", f"socialActions/{urns.encoded(above or post)}/comments", body)
    if isinstance(answer, Refused | Unknown):
        return answer
    name = urns.comment(answer.body.get("commentUrn")) or urns.comment(answer.made)
    under = urns.urn(answer.body.get("object")) or (post if post.startswith("urn:li:activity:") else "")
    made = answer.made or identity(answer.body.get("id"))
    if not name and under and made.isdecimal():
        name = urns.comment(f"urn:li:comment:({under},{made})")
    if not name:
        return Unknown("LinkedIn took the reply and did not say under which id.")
    created = stamped(record(answer.body.get("created")).get("time"))
    return Sent(name, created or clock.now(), urns.comment_link(urns.parts(name)[0], name))


async def _delete(rest: Rest, outgoing: Outgoing) -> Outcome:
    post, comment = urns.parts(urns.comment(outgoing.target))
    if not post:
        return invalid("LinkedIn deletes comments, and this is none.")
    whose = outgoing.target_author.external_id if outgoing.target_author else ""
    if whose not in ("", rest.page) and rest.settings.get("delete_others") is not True:
        return invalid("From here a page can delete only what it wrote itself on LinkedIn.")
    path = f"socialActions/{urns.encoded(post)}/comments/{comment}?actor={urns.encoded(rest.page)}"
    answer = await rest.write("DELETE", path)
    return answer if isinstance(answer, Refused | Unknown) else Sent("", clock.now())


async def _react(rest: Rest, outgoing: Outgoing) -> Outcome:
    target = urns.comment(outgoing.target) or urns.urn(outgoing.target)
    if not target:
        return invalid("LinkedIn needs to know what this is about.")
    if outgoing.action is Action.UNLIKE:
        answer = await rest.write("DELETE", reaction(rest.page, target))
    else:
        body = {"root": target, "reactionType": "LIKE"}
        answer = await rest.write("POST", f"reactions?actor={urns.encoded(rest.page)}", body)
    return answer if isinstance(answer, Refused | Unknown) else Sent("", clock.now())
