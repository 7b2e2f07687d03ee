"""One's own browsers that are told while no page is open."""

from __future__ import annotations

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser
from inbox.desk import push, push_key
from inbox.desk.push import DeviceOut, Wanted
from inbox.flow import pushing
from inbox.flow.pushing import Road
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people.sessions import SignedIn


class PushOut(msgspec.Struct):
    """`key`: what a browser subscribes to, its `applicationServerKey`."""

    key: str
    devices: list[DeviceOut]


class TestOut(msgspec.Struct):
    """`error` "": the browser's push service took it. `gone`: the browser let go, and has to be switched on again.

    Else refused, redirect, timeout, unreachable, or status with what the service answered.
    """

    error: str
    status: int | None


@get("/push", guards=[in_a_browser], summary="List told browsers")
async def read_push(
    who: NamedDependency[SignedIn],
    session: NamedDependency[AsyncSession],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
) -> PushOut:
    """One's own, and what a browser subscribes to."""
    return PushOut((await push_key.installed(database, safe)).public, await push.of_person(session, who))


@put("/push/subscription", guards=[in_a_browser], summary="Tell this browser")
async def put_subscription(
    data: JSONBody[Wanted],
    who: NamedDependency[SignedIn],
    session: NamedDependency[AsyncSession],
    safe: NamedDependency[Safe],
) -> list[DeviceOut]:
    """What its `PushSubscription` says of itself. It goes with this session, and is kept sealed."""
    return await push.keep(session, safe, data, who=who)


@delete("/push/subscription", guards=[in_a_browser], status_code=200, summary="Tell this browser no more")
async def delete_subscription(
    who: NamedDependency[SignedIn], session: NamedDependency[AsyncSession]
) -> list[DeviceOut]:
    """Of one that is not told it is no complaint."""
    return await push.forget(session, who=who)


@post("/push/tests", guards=[in_a_browser], status_code=200, summary="Send one to this browser")
async def create_test(
    who: NamedDependency[SignedIn],
    database: NamedDependency[Database],
    safe: NamedDependency[Safe],
    outbound: NamedDependency[Outbound],
    settings: NamedDependency[Settings],
) -> TestOut:
    """Now, whatever the quiet hours; gives what its push service said."""
    road = Road(database, safe, outbound, pushing.contact_of(settings.base_url, settings.mail_from))
    outcome = await pushing.test(road, who)
    return TestOut("gone" if outcome.is_gone else outcome.error, outcome.status)


doors = [read_push, put_subscription, delete_subscription, create_test]
