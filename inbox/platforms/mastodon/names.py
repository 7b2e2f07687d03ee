"""Names on the network. A server numbers accounts for itself; only `name@domain` means the same person everywhere.

So that is the external id of people and of our own account, and what is behind its @ is our server's domain.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from inbox.platforms.reading import words

SERVER = "https://mastodon.social"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
WORD = r"[A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
MENTION = re.compile(rf"(?<![=/\w])@({WORD})(@[\w-]+(?:\.[\w-]+)*(?::\d+)?)?", re.ASCII)


def server(settings: Mapping[str, Any]) -> str:
    """The address of the chosen server, however a person typed it: a name, a handle there, or a whole address."""
    typed = str(settings.get("server") or SERVER).strip()
    try:
        parts = urlsplit(typed if "://" in typed else "https://" + typed.rpartition("@")[2])
        here = parts.hostname in THIS_MACHINE
    except ValueError:
        return "https://"
    # A token goes over https, whatever was typed; on this machine nobody is in between.
    scheme = parts.scheme if here else "https"
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}".rstrip("/")


def domain_of(external_id: str) -> str:
    """The domain of our server, out of our own name."""
    return external_id.partition("@")[2]


def qualified(acct: Any, domain: str) -> str:
    """`name@domain` for what a server calls somebody: it leaves out the domain of its own people."""
    name = words(acct).strip().lstrip("@").lower()
    return name if "@" in name or not name else f"{name}@{domain}"


def named(words: str) -> list[tuple[str, str]]:
    """Everybody @-named in a text that is to be posted: name and domain, "" for people of the server itself."""
    return [(found[1].lower(), (found[2] or "").lstrip("@").lower()) for found in MENTION.finditer(words)]
