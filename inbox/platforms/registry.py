"""Finds the connectors: a folder below this one with a `connector.py` is a platform."""

from functools import cache
from importlib import import_module
from pathlib import Path

from inbox.platforms.base import Connector

HERE = Path(__file__).parent


@cache
def platforms() -> dict[str, Connector]:
    """Every connector by name, in alphabetical order."""
    found: dict[str, Connector] = {}
    for folder in sorted(path.parent for path in HERE.glob("*/connector.py")):
        module = import_module(f"inbox.platforms.{folder.name}.connector")
        classes = [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type) and issubclass(thing, Connector) and thing.__module__ == module.__name__
        ]
        connector = next(made for made in (cls() for cls in classes) if made.name == folder.name)
        found[folder.name] = connector
    return found


def icon(name: str) -> str:
    """The platform's glyph as SVG text, one colour (`currentColor`)."""
    return (HERE / name / "icon.svg").read_text("utf-8")
