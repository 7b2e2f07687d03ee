"""How long one may write to somebody, and how a message has to be called at that time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from inbox.platforms.base import Action, ErrorClass, Outgoing, Refused

WINDOW = timedelta(hours=24)
HUMAN_AGENT_WINDOW = timedelta(days=7)
PRIVATE_REPLY_WINDOW = timedelta(days=7)


def window(action: Action, last_customer_item_at: datetime | None, settings: Mapping[str, Any]) -> datetime | None:
    """24 hours for messages (7 days for people with the permission), 7 days for private replies."""
    if last_customer_item_at is None or action not in (Action.DM, Action.PRIVATE_REPLY):
        return None
    if action is Action.PRIVATE_REPLY:
        return last_customer_item_at + PRIVATE_REPLY_WINDOW
    human = settings.get("human_agent") is True
    return last_customer_item_at + (HUMAN_AGENT_WINDOW if human else WINDOW)


def messaging_type(
    outgoing: Outgoing, now: datetime, *, human_agent: bool, title: str, noun: str
) -> dict[str, str] | Refused:
    """How Meta wants this message called at this time, or the refusal: no request is made to be told so."""
    last, until = outgoing.last_customer_item_at, outgoing.window_until
    if last is None and until is None:
        return {"messaging_type": "RESPONSE"}  # nobody here knows the window, so Meta decides
    plain = last + WINDOW if last else until
    if until and not human_agent:
        plain = max(plain or until, until)  # an ad may have opened a longer one
    if plain and now <= plain:
        return {"messaging_type": "RESPONSE"}
    agents = last + HUMAN_AGENT_WINDOW if last else (until or now) - WINDOW + HUMAN_AGENT_WINDOW
    if human_agent and now <= agents:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    how_long = "7 days" if human_agent else "24 hours"
    return Refused(
        ErrorClass.WINDOW_CLOSED,
        f"{title} lets {noun} write for {how_long} after the person's last message, and those are over.",
    )
