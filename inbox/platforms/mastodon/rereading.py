"""Looking again at what we hold: what was changed, and what is gone."""

from collections.abc import Sequence
from typing import Any

import httpx

from inbox.platforms.base import Account, Kind, Known, Polled
from inbox.platforms.mastodon import events
from inbox.platforms.mastodon.api import Api, Failed
from inbox.platforms.mastodon.polling import told


async def reread(http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
    """What has become of these posts. Whether a change is news, the text that is held decides. Raises NotHere."""
    api = Api(http, account)
    try:
        shown, lost = await api.statuses([item.external_id for item in items])
    except Failed as failed:
        raise failed.reading() from failed
    gone = [events.gone(item.external_id, _place(item), ours=item.ours) for item in items if item.external_id in lost]
    edited = [
        {"status": status, "place": _place(item)}
        for item in items
        if (status := shown.get(item.external_id)) and status.get("edited_at")
    ]
    return Polled(payloads=told(api.us, gone, edited), cursor={})


def _place(item: Known) -> dict[str, Any]:
    """As `Place` has it."""
    lane = item.thread if item.kind is Kind.DM else item.root or item.thread or item.external_id
    return {"kind": str(item.kind), "lane": lane, "thread": item.thread, "root": item.root}
