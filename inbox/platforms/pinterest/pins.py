"""What a pin's count says, in our words: a rise is a task for a person, because the comments themselves stay there.

payload = {"object": "pin_comments", "account": "549…", "seen_at": ISO or ms, "before": 1, "count": 4, "falls": 0,
           "pin": as Pinterest gives it}
"""

from typing import Any

from inbox.platforms.base import Act, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.reading import identity, instant, record, records, words

OBJECT = "pin_comments"
SITE = "https://www.pinterest.com"
NO_WAY = (
    "Pinterest offers programs no way to read or answer comments: answer them on Pinterest, then resolve this here."
)
LONGEST_TITLE = 80
METRICS = {
    "impression": "impressions",
    "pin_click": "pin clicks",
    "clickthrough": "outbound clicks",
    "reaction": "reactions",
    "comment": "comments",
}


def count(value: Any) -> int | None:
    """How many, or None where nobody says: a number missing is not a zero."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def link(pin: str) -> str:
    """Where a pin can be seen, with its comments."""
    return f"{SITE}/pin/{pin}/"


def lifetime(pin: dict[str, Any]) -> dict[str, Any]:
    """A pin's counts since it was published. Empty for older pins: Pinterest counts them since March 2023 only."""
    return record(record(pin.get("pin_metrics")).get("lifetime_metrics"))


def comments(pin: dict[str, Any]) -> int | None:
    """How many comments it has, where Pinterest says."""
    return count(lifetime(pin).get("comment"))


def normalise(payload: Any) -> list[Incoming]:
    """One task for a rise, nothing for anything else. Raises Unreadable."""
    if not isinstance(payload, dict) or payload.get("object") != OBJECT:
        raise Unreadable("Pinterest tells nobody anything; this is no count of ours.")
    account, pin = identity(payload.get("account")), record(payload.get("pin"))
    name, seen_at = identity(pin.get("id")), instant(payload.get("seen_at"))
    before, now = count(payload.get("before")), count(payload.get("count"))
    if not account or not name or seen_at is None or before is None or now is None:
        raise Unreadable("A count that does not say of which pin, or when.")
    if now <= before:
        return []
    return [
        Incoming(
            account=account,
            act=Act.WROTE,
            kind=Kind.COMMENT,
            external_id=task(name, now, count(payload.get("falls")) or 0),
            at=seen_at,
            lane=name,
            thread=name,
            root=name,
            text=_sentence(now - before, pin),
            language="en",
            post=_post(name, pin),
            permalink=link(name),
            as_seen=True,
            reply_refused=NO_WAY,
        )
    ]


def task(pin: str, now: int, falls: int) -> str:
    """The same rise has the same name however often it is seen; the same count after a fall is another rise."""
    return f"{pin}:{now}" + (f":{falls}" if falls else "")


def _sentence(new: int, pin: dict[str, Any]) -> str:
    what, them = ("1 new comment", "it") if new == 1 else (f"{new} new comments", "them")
    title = _title(pin)
    return f"{what} on {f'pin “{title}”' if title else 'a pin without a title'}: answer {them} on Pinterest."


def _title(pin: dict[str, Any]) -> str:
    for name in ("title", "description", "alt_text"):
        if text := " ".join(words(pin.get(name)).split()):
            return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"
    return ""


def _post(name: str, pin: dict[str, Any]) -> PostContext:
    told = [text for field in ("title", "description") if (text := words(pin.get(field)).strip())]
    return PostContext(
        external_id=name,
        text="\n\n".join(filter(None, [*told, _metrics(pin)])),
        permalink=link(name),
        picture_url=_picture(pin),
        at=instant(pin.get("created_at")),
    )


def _metrics(pin: dict[str, Any]) -> str:
    counted = lifetime(pin)
    told = [f"{number:,} {said}" for name, said in METRICS.items() if (number := count(counted.get(name))) is not None]
    return f"Since it was published: {', '.join(told)}." if told else ""


def _picture(pin: dict[str, Any]) -> str:
    media = record(pin.get("media"))
    images = record(media.get("images")) or record(next(iter(records(media.get("items"))), {}).get("images"))
    for size in ("600x", "400x300", "1200x", "150x150"):
        if url := words(record(images.get(size)).get("url")):
            return url
    return words(media.get("cover_image_url"))
