"""One line for each thing worth knowing, as JSON or for eyes; never a customer's words, a secret or a body.

log = logs.named("outbox")
log.warning("platform refused", channel_id=channel_id, status=429)
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import Any, cast

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

LONGEST = 500  # characters of one value
HIDDEN = "***"
SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|authorization|cookie|credential|signature|api_?key|private"
    r"|^(body|text|html|payload|content|headers|subject|message)$",
    re.IGNORECASE,
)
# In an address the name and password, and whatever follows the question mark, may open a door.
ADDRESS_LOGIN = re.compile(r"(?<=://)[^/\s@'\"]+@")
ADDRESS_QUERY = re.compile(r"(\w+://[^\s?'\"]+)\?[^\s'\"]+")
BEARER = re.compile(r"(?i)\b(bearer|basic|oauth)\s+[\w.~+/=-]{8,}")
QUIET = ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "alembic", "asyncio", "websockets", "arq")


def configure(log_format: str, *, process: str) -> None:
    """Send everything this process says, libraries included, to stderr in one form."""
    prepare: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _process(process),
        _error,
        _scrub,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=prepare,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*prepare, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def named(name: str) -> structlog.typing.FilteringBoundLogger:
    """The log of one part of the house."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(name, part=name))


def scrub(text: str) -> str:
    """The same text without what opens a door, and not longer than a glance."""
    text = ADDRESS_LOGIN.sub(f"{HIDDEN}@", text)
    text = ADDRESS_QUERY.sub(rf"\1?{HIDDEN}", text)
    text = BEARER.sub(rf"\1 {HIDDEN}", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def describe(error: BaseException) -> str:
    """What went wrong in one line: the kind and the first line only, since Postgres and others add the row below it."""
    if isinstance(error, BaseExceptionGroup):
        return " + ".join(describe(one) for one in error.exceptions[:3])
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {scrub(first)}" if first else type(error).__name__


def _process(name: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("process", name)
        return event

    return add


def _error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Turn an exception into its first line and where it happened, without the values it carried."""
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        event["error"] = describe(error)
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        event["error_at"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-8:]
        ]
        cause = error.__cause__ or error.__context__
        if cause is not None:
            event["error_cause"] = describe(cause)
    return event


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return cast("BaseException | None", given[1])
    return sys.exc_info()[1] if given else None


def _scrub(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if name.startswith("_"):
            continue
        event[name] = HIDDEN if name != "event" and SECRET_NAMES.search(name) else _plain(value)
    return event


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, dict):
        return {str(k): HIDDEN if SECRET_NAMES.search(str(k)) else _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return scrub(str(value))
