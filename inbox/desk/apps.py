"""A vendor's app: whose secret signs the webhooks of a platform, and at which address of ours they are heard.

The address carries a name we made up, so that nobody can take the place of another workspace's app by naming it first.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from inbox.ground.crypto import Safe
from inbox.ground.db import Connection
from inbox.ground.errors import Invalid
from inbox.platforms.base import Field

VENDOR_ID, VENDOR_SECRET = "app_id", "app_secret"
FIELDS = [
    Field(VENDOR_ID, "App ID", help="Of your own app at the vendor, to hear at once by webhook. Empty: we poll."),
    Field(VENDOR_SECRET, "App secret", secret=True, help="It proves that a webhook really comes from the vendor."),
]
OPTIONAL = frozenset({VENDOR_ID, VENDOR_SECRET})
KEPT = 2  # the present secret and the one before: what is under way while it is changed still counts


@dataclass(frozen=True, slots=True)
class VendorApp:
    """`id` is "" for one not stored yet. `secrets`: the present one first."""

    id: str
    platform: str
    vendor_id: str
    secrets: list[str]
    verify_token: str


async def given(
    connection: Connection, safe: Safe, workspace_id: UUID, platform: str, fields: dict[str, str]
) -> VendorApp | None:
    """The app somebody typed, with what is known of it already; None if they typed none. Raises Invalid."""
    vendor_id, secret = fields.get(VENDOR_ID, "").strip(), fields.get(VENDOR_SECRET, "").strip()
    if not vendor_id:
        if secret:
            raise Invalid("App ID is missing.", field=VENDOR_ID)
        return None
    row = await connection.fetchrow(
        """SELECT id, secrets FROM platform_app WHERE platform = $1 AND workspace_id = $2 AND vendor_id = $3
           ORDER BY created_at LIMIT 1""",
        platform,
        workspace_id,
        vendor_id,
    )
    if row is None:
        if not secret:
            raise Invalid("App secret is missing.", field=VENDOR_SECRET)
        return VendorApp("", platform, vendor_id, [secret], secrets.token_urlsafe(24))
    known = safe.open(row["secrets"], _context(platform, row["id"]))
    ordered = list(dict.fromkeys([secret, *known["secrets"]] if secret else known["secrets"]))[:KEPT]
    return VendorApp(row["id"], platform, vendor_id, ordered, known["verify_token"])


def made(platform: str, account: str) -> VendorApp:
    """An app that nobody has to make at the vendor: a random token of ours signs its webhooks."""
    return VendorApp("", platform, account, [], secrets.token_urlsafe(32))


async def known(connection: Connection, safe: Safe, workspace_id: UUID, platform: str) -> VendorApp | None:
    """The app this workspace used last on a platform."""
    app_id = await connection.fetchval(
        """SELECT id FROM platform_app WHERE platform = $1 AND workspace_id = $2 ORDER BY created_at DESC LIMIT 1""",
        platform,
        workspace_id,
    )
    return await opened(connection, safe, platform, app_id) if app_id else None


async def opened(connection: Connection, safe: Safe, platform: str, app_id: str) -> VendorApp | None:
    """A stored app with its secrets."""
    row = await connection.fetchrow(
        "SELECT vendor_id, secrets FROM platform_app WHERE platform = $1 AND id = $2", platform, app_id
    )
    if row is None:
        return None
    kept = safe.open(row["secrets"], _context(platform, app_id))
    return VendorApp(app_id, platform, row["vendor_id"], kept["secrets"], kept.get("verify_token") or "")


async def store(connection: Connection, safe: Safe, workspace_id: UUID, app: VendorApp) -> str:
    """Keep the app for this workspace; gives the name under which its webhooks are heard."""
    app_id = app.id or secrets.token_hex(8)
    sealed = safe.seal({"secrets": app.secrets, "verify_token": app.verify_token}, _context(app.platform, app_id))
    await connection.execute(
        """INSERT INTO platform_app (platform, id, workspace_id, vendor_id, secrets) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (platform, id) DO UPDATE SET secrets = excluded.secrets""",
        app.platform,
        app_id,
        workspace_id,
        app.vendor_id,
        sealed,
    )
    return app_id


async def verify_token(connection: Connection, safe: Safe, platform: str, app_id: str) -> str | None:
    """What the vendor asks for when it tries the address."""
    sealed = await connection.fetchval(
        "SELECT secrets FROM platform_app WHERE platform = $1 AND id = $2", platform, app_id
    )
    return safe.open(sealed, _context(platform, app_id)).get("verify_token") if sealed else None


def _context(platform: str, app_id: str) -> str:
    return f"app:{platform}/{app_id}"
