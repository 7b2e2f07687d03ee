"""What a conversation's status becomes. Pure: the rules of the queue on one page."""

from inbox.platforms.base import Kind

OPEN, PENDING, SNOOZED, RESOLVED = "open", "pending", "snoozed", "resolved"


def after_inbound(status: str, *, needs_reply: bool) -> str:
    """An item that needs a reply puts the conversation on the queue from any state; any other changes only unread."""
    return OPEN if needs_reply else status


def after_answer(status: str, kind: str, *, waiting: int, and_resolve: bool = False) -> str:
    """A sent answer: we wait for the customer in DMs; in public the thread is done once nobody waits there."""
    if and_resolve:
        return RESOLVED
    if waiting:
        return OPEN if status in (PENDING, RESOLVED) else status
    if status in (SNOOZED, RESOLVED):
        return status
    return PENDING if kind == Kind.DM else RESOLVED
