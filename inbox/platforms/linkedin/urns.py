"""LinkedIn's names for things, how Rest.li wants them in an address, and where a person can see them.

One comment has two spellings: a webhook's `generatedActivity` says `urn:li:comment:(activity:7001,7002)`, everything
else `urn:li:comment:(urn:li:activity:7001,7002)`. Its two numbers are the same, so both become the longer one.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from inbox.platforms.reading import identity, words

SITE = "https://www.linkedin.com"
A_COMMENT = re.compile(r"urn:li:comment:\(\s*(?:urn:li:)?(?:([A-Za-z]{1,30}):)?([0-9]{1,25})\s*,\s*([0-9]{1,25})\s*\)")
A_URN = re.compile(r"urn:li:[A-Za-z]{1,60}:[A-Za-z0-9_.~\-]{1,120}")


def urn(value: Any) -> str:
    """The value if it names something simple (a post, a person, a page), else ""."""
    text = identity(value)
    return text if A_URN.fullmatch(text) else ""


def organisation(value: Any) -> str:
    """A page's name, from the name itself or from its number alone; "" for anything else."""
    text = identity(value)
    if re.fullmatch(r"[0-9]{1,25}", text):
        return f"urn:li:organization:{text}"
    return text if re.fullmatch(r"urn:li:organization(Brand)?:[0-9]{1,25}", text) else ""


def is_page(name: str, page: str) -> bool:
    """Whether this names the page, be it as an organisation, as a brand of one, or as a company of old."""
    kinds = ("urn:li:organization:", "urn:li:organizationBrand:", "urn:li:company:")
    return bool(page) and name.startswith(kinds) and last(name) == last(page)


def comment(value: Any) -> str:
    """A comment's name in the one spelling we keep, or "" for what names no comment."""
    text = words(value).strip()
    found = A_COMMENT.fullmatch(unquote(text) if "%" in text else text)
    return f"urn:li:comment:(urn:li:{found[1] or 'activity'}:{found[2]},{found[3]})" if found else ""


def parts(name: str) -> tuple[str, str]:
    """The post a comment stands under, and its number there; ("", "") for what names no comment."""
    found = A_COMMENT.fullmatch(name)
    return (f"urn:li:{found[1] or 'activity'}:{found[2]}", found[3]) if found else ("", "")


def last(name: str) -> str:
    """What stands after the last colon: the number of a page, the id of a person."""
    return name.rpartition(":")[2]


def encoded(value: str) -> str:
    """One value in a path or a query: Rest.li 2.0 wants even parentheses, commas and colons of a URN escaped."""
    return quote(value, safe="")


def key(**fields: str) -> str:
    """A compound key. Its own parentheses, commas and colons stay as they are."""
    return "(" + ",".join(f"{name}:{encoded(value)}" for name, value in fields.items()) + ")"


def several(values: Iterable[str]) -> str:
    """A list as a query has it."""
    return "List(" + ",".join(map(encoded, values)) + ")"


def post_link(post: str) -> str:
    """Where a post can be seen."""
    return f"{SITE}/feed/update/{post}"


def comment_link(post: str, name: str) -> str:
    """Where a comment can be seen below its post."""
    return f"{post_link(post)}?commentUrn={encoded(name)}"
