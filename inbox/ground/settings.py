"""What an installation decides for itself, read once from the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

SHORTEST_SECRET = 32
LOG_FORMATS = ("json", "console")


class CannotStart(Exception):
    """A process cannot begin its work; the message is one sentence for whoever installs."""


class SettingsError(CannotStart):
    """Something in the environment is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process of Earshot must be told; addresses with passwords stay out of `repr`.

    `demo_ports` maps the name of a simulated platform to its port on 127.0.0.1; a real installation has none.
    """

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    database_direct_url: str | None = field(default=None, repr=False)
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("data")
    attachments_url: str = field(default="file:data/attachments", repr=False)
    log_format: str = "json"
    metrics_token: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    demo_ports: Mapping[str, int] = field(default_factory=dict, hash=False)

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment; raises `SettingsError` with one sentence saying what to change."""
        host = env.get("HOST") or "127.0.0.1"
        port = _port(env.get("PORT") or "8000", "PORT")
        data_dir = data_dir_of(env)
        settings = cls(
            database_url=database_address(_required(env, "DATABASE_URL"), "DATABASE_URL"),
            database_direct_url=_direct(env),
            redis_url=redis_address(_required(env, "REDIS_URL")),
            secret_key=_secret(env),
            base_url=_base_url(env.get("BASE_URL") or f"http://{_in_address(host)}:{port}"),
            host=host,
            port=port,
            data_dir=data_dir,
            attachments_url=_attachments(env.get("ATTACHMENTS_URL"), data_dir),
            log_format=_log_format(env),
            metrics_token=_metrics_token(env),
            smtp_url=_smtp(env),
            mail_from=_mail_from(env),
            demo_ports=_demo_ports(env.get("EARSHOT_DEMO_PORTS") or ""),
        )
        if settings.demo_ports and not settings.may_show_a_demo:
            raise SettingsError(
                "The demo is for one machine: unset EARSHOT_DEMO_PORTS, or use a loopback HOST and a http BASE_URL."
            )
        return settings

    @property
    def secure(self) -> bool:
        """Whether people reach this installation over TLS, so that cookies must be marked Secure."""
        return self.base_url.startswith("https://")

    @property
    def mails(self) -> bool:
        """Whether this installation can send e-mail."""
        return bool(self.smtp_url)

    @property
    def may_show_a_demo(self) -> bool:
        """Simulated platforms are for one machine: loopback host, no TLS address."""
        return is_loopback(self.host) and not self.secure


def data_dir_of(env: Mapping[str, str]) -> Path:
    """The folder that holds what this installation keeps on disk, absolute."""
    return Path(env.get("DATA_DIR") or "data").expanduser().absolute()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; `make run` or `inbox up` sets it for you, a server needs it given.")
    return value


def _secret(env: Mapping[str, str]) -> str:
    secret = _required(env, "SECRET_KEY")
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"SECRET_KEY is too short: it needs at least {SHORTEST_SECRET} random characters.")
    return secret


def _metrics_token(env: Mapping[str, str]) -> str:
    token = (env.get("METRICS_TOKEN") or "").strip()
    if token and len(token) < SHORTEST_SECRET:
        raise SettingsError(f"METRICS_TOKEN is too short: it needs at least {SHORTEST_SECRET} random characters.")
    return token


def database_address(url: str, name: str = "DATABASE_URL") -> str:
    """A Postgres address as asyncpg wants it, whichever of the usual spellings was given."""
    parts = _parts(url)
    if not parts or parts.scheme.partition("+")[0] not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise SettingsError(f"{name} must look like postgresql://user:password@host:5432/earshot.")
    return urlunsplit(parts._replace(scheme="postgresql"))


def redis_address(url: str, name: str = "REDIS_URL") -> str:
    """A Valkey or Redis address as redis-py wants it."""
    scheme, mark, rest = url.partition("://")
    plain = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss", "unix": "unix"}.get(scheme)
    if not mark or not rest or plain is None:
        raise SettingsError(f"{name} must look like redis://:password@host:6379/0.")
    return f"{plain}://{rest}"


def _smtp(env: Mapping[str, str]) -> str:
    """Where e-mail is handed over; "" where none is sent."""
    url = (env.get("SMTP_URL") or "").strip()
    parts = _parts(url)
    if url and (not parts or parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        raise SettingsError("SMTP_URL must look like smtp://user:password@host:587; smtps:// is TLS from the start.")
    return url


def _mail_from(env: Mapping[str, str]) -> str:
    """Who our e-mail is from."""
    address = (env.get("MAIL_FROM") or "").strip()
    if address and (address.count("@") != 1 or any(mark in address for mark in " <>\r\n")):
        raise SettingsError("MAIL_FROM must be a plain address such as earshot@example.com.")
    if (env.get("SMTP_URL") or "").strip() and not address:
        raise SettingsError("SMTP_URL is set: MAIL_FROM must say from which address mail is sent.")
    return address


def _direct(env: Mapping[str, str]) -> str | None:
    url = env.get("DATABASE_DIRECT_URL", "").strip()
    return database_address(url, "DATABASE_DIRECT_URL") if url else None


def _port(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError(f"{name} must be a port number between 1 and 65535, not {text!r}.")
    return int(text)


def _base_url(url: str) -> str:
    parts = _parts(url)
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("BASE_URL must be the http or https address at which people open Earshot.")
    return url.rstrip("/")


def _parts(url: str) -> SplitResult | None:
    """The parts of an address, or None for what is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read now, since a port in letters is found out only then
    except ValueError:
        return None
    return parts


def _attachments(url: str | None, data_dir: Path) -> str:
    if not url:
        return (data_dir / "attachments").as_uri()
    scheme, mark, _ = url.partition(":")
    if not mark:
        return Path(url).expanduser().absolute().as_uri()
    if scheme not in ("file", "s3"):
        raise SettingsError("ATTACHMENTS_URL must be a folder, a file: address or an s3: address.")
    return url


def _log_format(env: Mapping[str, str]) -> str:
    chosen = env.get("LOG_FORMAT") or "json"
    if chosen not in LOG_FORMATS:
        raise SettingsError(f"LOG_FORMAT must be json or console, not {chosen!r}.")
    return chosen


def _demo_ports(text: str) -> Mapping[str, int]:
    """Written by the supervisor as `name=port,name=port`."""
    ports: dict[str, int] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, port = entry.partition("=")
        if not name:
            raise SettingsError("EARSHOT_DEMO_PORTS must look like name=4001,other=4002.")
        ports[name] = _port(port, "EARSHOT_DEMO_PORTS")
    return ports


def _in_address(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host
