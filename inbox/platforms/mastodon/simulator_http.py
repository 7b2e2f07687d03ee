"""What any such server needs: what is asked, and pages cut."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from inbox.platforms.mastodon.simulator_sign_in import Refusal

Asked = dict[str, Any]


def page(items: Iterable[Any], asked: Asked, usual: int) -> list[Any]:
    """Newest first; with `min_id` the page that comes right after it, else what is newest."""
    limit = max(1, min(int(asked.get("limit") or usual), 80))
    within = [
        item
        for item in items
        if int(item.id) < int(asked.get("max_id") or 1 << 80)
        and int(item.id) > max(int(asked.get("min_id") or 0), int(asked.get("since_id") or 0))
    ]
    return within[-limit:] if asked.get("min_id") else within[:limit]


def asked_of(query: bytes, raw: bytes, kind: str) -> Asked:
    """Query and body as one; names that end in [] are lists."""
    asked: Asked = {}
    pairs = parse_qsl(query.decode(), keep_blank_values=True)
    if raw and "json" not in kind:
        pairs += parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    for name, value in pairs:
        if name.endswith("[]"):
            asked.setdefault(name[:-2], []).append(value)
        else:
            asked[name] = value
    if raw and "json" in kind:
        try:
            body = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise Refusal(400, "There was a problem in the JSON you submitted") from error
        asked |= body if isinstance(body, dict) else {}
    return asked
