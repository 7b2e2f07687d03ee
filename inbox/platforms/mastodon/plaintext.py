"""The words in a post's HTML. Posts come from any server in the world: whatever it holds, only text comes out.

A link is written as its address, or after its words where they say something else; `@names` and `#tags` stay words;
shortcodes of emoji, such as :blobcat:, are text already.
"""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

LARGEST = 50_000  # characters of HTML read: a hundred times what servers let people write
UNSEEN = frozenset({"script", "style", "template", "iframe", "object", "svg", "math", "title", "head", "noscript"})
BLOCKS = frozenset({"p", "div", "blockquote", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table"})
SHOWN_SCHEMES = ("http", "https", "mailto")
SPACES = re.compile(r"[ \t\r\n\f]+")


def plain(content: str) -> str:
    """The text of this HTML: paragraphs apart by an empty line."""
    reader = _Reader()
    reader.feed(content[:LARGEST])
    reader.close()
    return reader.told()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._hidden = self._quoted = self._kept = 0
        self._link: tuple[str, int, bool] | None = None  # where to, since which piece, whether a name or a tag
        self._due = ""  # the break that comes before the next word

    def told(self) -> str:
        return "".join(self._pieces).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._hidden += 1
        elif tag == "br":
            self._due += "\n"
        elif tag in BLOCKS:
            self._break("\n\n")
            self._quoted += tag == "blockquote"
            self._kept += tag == "pre"
        elif tag == "li":
            self._break("\n")
            self._say("• ")
        elif tag == "tr":
            self._break("\n")
        elif tag == "a":
            self._end_link()
            given = dict(attrs)
            kinds = set((given.get("class") or "").split())
            self._link = (given.get("href") or "", len(self._pieces), bool(kinds & {"mention", "hashtag"}))
        elif tag == "img":
            self._say(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in BLOCKS:
            self._break("\n\n")
            self._quoted = max(0, self._quoted - (tag == "blockquote"))
            self._kept = max(0, self._kept - (tag == "pre"))
        elif tag == "a":
            self._end_link()

    def handle_data(self, data: str) -> None:
        self._say(data if self._kept else SPACES.sub(" ", data))

    def close(self) -> None:
        super().close()
        self._end_link()

    def _break(self, lines: str) -> None:
        if len(lines) > len(self._due):
            self._due = lines

    def _say(self, words: str) -> None:
        if self._hidden or not words:
            return
        fresh = not self._pieces or bool(self._due) or self._pieces[-1].endswith((" ", "\n"))
        if fresh and not self._kept:
            words = words.lstrip(" ")
        if not words:
            return
        if self._due and self._pieces:
            self._pieces.append(self._due[:2])
        self._due = ""
        if self._quoted and (not self._pieces or self._pieces[-1].endswith("\n")):
            self._pieces.append("> ")
        self._pieces.append(words)

    def _end_link(self) -> None:
        if self._link is None:
            return
        (href, since, is_name), self._link = self._link, None
        words = "".join(self._pieces[since:]).strip()
        if self._hidden or is_name or not _shown(href) or words == href or words.startswith(("@", "#")):
            return
        if words and href.split("://", 1)[-1].rstrip("/") == words.rstrip("/"):
            del self._pieces[since:]
            self._say(href)
        elif not words:
            self._say(href)
        else:
            self._pieces.append(f" ({href})")


def _shown(href: str) -> bool:
    try:
        return urlsplit(href).scheme.lower() in SHOWN_SCHEMES
    except ValueError:
        return False
