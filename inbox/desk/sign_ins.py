"""Connecting by signing in at the platform: there with a state nobody can guess, back with a code used once.

    begun = await begin(office, admin, platform="...", fields={...}, settings={})     # the browser goes to begun.url
    found = await come_back(office, admin, state=..., code=...)          # what may be connected
    await connect(office, admin, found.id, [found.accounts[0].external_id])

Whoever comes back must be the person who left, in the same workspace: a code that somebody else slipped in opens
nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from inbox.desk import apps, channels
from inbox.desk.apps import VendorApp
from inbox.desk.channels import ChannelDetailOut
from inbox.desk.connecting import CannotConnect, asking, checked
from inbox.desk.joining import Found, Office
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import App, Connector, Grant, OAuth
from inbox.platforms.registry import platforms

LASTS = timedelta(minutes=15)
MOST_ACCOUNTS = 200


class SignInOver(NotFound):
    code, title = "sign_in_over", "This sign-in is over"


class BegunOut(msgspec.Struct):
    """`url`: where the browser goes. `redirect_uri`: what the vendor's app must allow as the way back."""

    url: str
    redirect_uri: str


class AccountOut(msgspec.Struct):
    """An account that may be connected. `connected`: it is one of our channels already."""

    external_id: str
    name: str
    handle: str
    connected: bool


class SignInOut(msgspec.Struct):
    """Somebody came back, and may choose."""

    id: UUID
    platform: str
    accounts: list[AccountOut]


class Kept(msgspec.Struct):
    """What is sealed between leaving and choosing. `app`: made by the platform for this once, not by a person."""

    settings: dict[str, Any]
    verifier: str = ""
    app: App | None = None
    grants: list[Grant] = []


async def begin(
    office: Office, agent: Agent, *, platform: str, fields: dict[str, str], settings: dict[str, Any]
) -> BegunOut:
    """Where to send this person. Raises Invalid, CannotConnect."""
    agent.needs(Right.CHANNELS)
    connector = platforms().get(platform)
    if connector is None or connector.oauth is None:
        raise Invalid("This platform is not connected by signing in.", field="platform")
    settings = _asked(connector, connector.oauth, fields) | checked(connector, settings)
    redirect_uri = way_back(office.database.settings.base_url, platform)
    app, app_id = await _app(office, agent, connector, connector.oauth, fields, settings, redirect_uri)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    url = connector.authorise(
        app,
        redirect_uri=redirect_uri,
        state=state,
        challenge=_challenge(verifier) if connector.oauth.pkce else "",
        settings={**connector.settings, **settings},
    )
    row_id = new_id()
    kept = Kept(settings, verifier, None if app_id else app)
    async with office.database.app.acquire() as connection:
        await connection.execute(
            """INSERT INTO oauth_state (hash, id, workspace_id, user_id, platform, app_id, sealed, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8)""",
            _hash(state),
            row_id,
            agent.workspace_id,
            agent.id,
            platform,
            app_id,
            office.safe.seal(msgspec.to_builtins(kept), _context(row_id)),
            LASTS,
        )
    return BegunOut(url, redirect_uri)


async def come_back(office: Office, agent: Agent, *, state: str, code: str, refusal: str = "") -> SignInOut:
    """What the code opens. `refusal`: what the platform says instead. Raises SignInOver, CannotConnect."""
    agent.needs(Right.CHANNELS)
    async with office.database.app.acquire() as connection:
        row = await connection.fetchrow(
            """UPDATE oauth_state SET returned_at = now(), expires_at = now() + $4
               WHERE hash = $1 AND workspace_id = $2 AND user_id = $3 AND returned_at IS NULL AND expires_at > now()
               RETURNING id, platform, app_id, sealed""",
            _hash(state),
            agent.workspace_id,
            agent.id,
            LASTS,
        )
    if row is None:
        raise SignInOver("This sign-in was used already, or took longer than 15 minutes. Please begin again.")
    connector = platforms()[row["platform"]]
    if not code:
        raise CannotConnect(f"{connector.title} says: {refusal[:300] or 'nobody signed in'}.")
    kept = msgspec.convert(office.safe.open(row["sealed"], _context(row["id"])), Kept)
    app = kept.app
    if app is None:
        async with office.database.tenant(agent.workspace_id) as reading:
            vendor_app = await apps.opened(reading, office.safe, row["platform"], row["app_id"])
        app = _as_app(vendor_app) if vendor_app else App(id="", platform=row["platform"], secrets=[])
    grants = await _grants(office, agent, connector, app, kept, code)
    kept = Kept(kept.settings, "", kept.app, grants)
    async with office.database.tenant(agent.workspace_id) as connection:
        await connection.execute(
            "UPDATE oauth_state SET sealed = $2 WHERE id = $1",
            row["id"],
            office.safe.seal(msgspec.to_builtins(kept), _context(row["id"])),
        )
        known = await connection.fetch(
            """SELECT external_id FROM channel
               WHERE workspace_id = $1 AND platform = $2 AND external_id = ANY($3) AND state = 'connected'""",
            agent.workspace_id,
            row["platform"],
            [grant.external_id for grant in grants],
        )
    ours = {one["external_id"] for one in known}
    accounts = [AccountOut(grant.external_id, grant.name, grant.handle, grant.external_id in ours) for grant in grants]
    return SignInOut(row["id"], row["platform"], accounts)


async def connect(office: Office, agent: Agent, sign_in_id: UUID, external_ids: list[str]) -> list[ChannelDetailOut]:
    """Connect the chosen ones, one after another. Raises SignInOver, Invalid, CannotConnect for the first refused."""
    agent.needs(Right.CHANNELS)
    async with office.database.app.acquire() as connection:
        row = await connection.fetchrow(
            """SELECT platform, app_id, sealed FROM oauth_state
               WHERE id = $1 AND workspace_id = $2 AND user_id = $3 AND returned_at IS NOT NULL
                   AND expires_at > now()""",
            sign_in_id,
            agent.workspace_id,
            agent.id,
        )
    if row is None:
        raise SignInOver("This sign-in is over. Please begin again.")
    kept = msgspec.convert(office.safe.open(row["sealed"], _context(sign_in_id)), Kept)
    grants = {grant.external_id: grant for grant in kept.grants}
    if unknown := [name for name in external_ids if name not in grants]:
        raise Invalid("This account was not among those to choose from.", field="external_ids", unknown=unknown)
    async with office.database.tenant(agent.workspace_id) as reading:
        vendor_app = await apps.opened(reading, office.safe, row["platform"], row["app_id"]) if row["app_id"] else None
    connector, made = platforms()[row["platform"]], list[ChannelDetailOut]()
    for name in dict.fromkeys(external_ids):
        grant = grants[name]
        found = Found(connector, grant.credentials, kept.settings | grant.settings, vendor_app, grant.external_id)
        made.append(await channels.joined(office, agent, found))
    async with office.database.app.acquire() as connection:
        await connection.execute("DELETE FROM oauth_state WHERE id = $1", sign_in_id)
    return made


def way_back(base_url: str, platform: str) -> str:
    """The address of our page to which a platform sends people back."""
    return f"{base_url}/connect/{platform}"


def _asked(connector: Connector, oauth: OAuth, fields: dict[str, str]) -> dict[str, Any]:
    """What must be known before anybody is sent there."""
    allowed = {*oauth.asks, *(() if oauth.registers else apps.OPTIONAL)}
    if unknown := sorted(fields.keys() - allowed):
        raise Invalid(f"{connector.title} does not ask for {', '.join(unknown)} to sign in.", field=unknown[0])
    titles = {field.name: field for field in connector.fields}
    settings: dict[str, Any] = {}
    for name in oauth.asks:
        settings[name] = fields.get(name, "").strip() or titles[name].default
        if not settings[name]:
            raise Invalid(f"{titles[name].title} is missing.", field=name)
    known = {name: value for name, value in settings.items() if name in connector.settings}
    checked(connector, known)
    return known


async def _app(
    office: Office,
    agent: Agent,
    connector: Connector,
    oauth: OAuth,
    fields: dict[str, str],
    settings: dict[str, Any],
    redirect_uri: str,
) -> tuple[App, str]:
    """The vendor's app to sign in with, and under which name it is stored; "" for one made for this once."""
    if oauth.registers:
        whole = {**connector.settings, **settings}
        is_demo = await office.is_demo(agent.workspace_id)
        async with asking(connector, office.outbound, is_demo) as http:
            made = await connector.register(http, whole, redirect_uri)
        if made is None:
            raise CannotConnect(f"{connector.title} made no app for us there.")
        return made, ""
    async with office.database.tenant(agent.workspace_id) as connection:
        typed = await apps.given(connection, office.safe, agent.workspace_id, connector.name, fields)
        app = typed or await apps.known(connection, office.safe, agent.workspace_id, connector.name)
        if app is None:
            raise Invalid(f"App ID is missing: make an app at {connector.title} first.", field=apps.VENDOR_ID)
        app_id = await apps.store(connection, office.safe, agent.workspace_id, app)
    return _as_app(app), app_id


async def _grants(office: Office, agent: Agent, connector: Connector, app: App, kept: Kept, code: str) -> list[Grant]:
    settings = {**connector.settings, **kept.settings}
    redirect_uri = way_back(office.database.settings.base_url, connector.name)
    is_demo = await office.is_demo(agent.workspace_id)
    async with asking(connector, office.outbound, is_demo) as http:
        grants = await connector.grant(
            http, app, code=code, verifier=kept.verifier, redirect_uri=redirect_uri, settings=settings
        )
    if not grants:
        raise CannotConnect(f"{connector.title} gave no account that may be connected: which one did you choose there?")
    return grants[:MOST_ACCOUNTS]


def _as_app(app: VendorApp) -> App:
    return App(id=app.vendor_id, platform=app.platform, secrets=app.secrets, verify_token=app.verify_token)


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()


def _context(row_id: UUID) -> str:
    return f"oauth_state:{row_id}"
