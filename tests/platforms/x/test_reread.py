"""What is gone or changed on X is so here within a day: X's policy, and the only way to hear of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Act, Actor, Incoming, Kind, Known
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network
from tests.platforms.x.conftest import ANA, LI, answering

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def known(external_id: str, kind: Kind = Kind.MENTION, *, ours: bool = False) -> Known:
    return Known(external_id=external_id, kind=kind, at=NOW, ours=ours)


async def reread(x: X, http: httpx.AsyncClient, account: Account, *items: Known) -> tuple[list[Incoming], float]:
    polled = await x.reread(http, account, items)
    return [event for payload in polled.payloads for event in x.normalise(payload)], polled.cost


async def test_what_stands_is_told_again_and_what_is_gone_is_gone(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee, hm")
    comment = await network.comment(LI, post=await network.publish("New!"), text="Hm")
    ours = await network.elsewhere(target=mention, text="Sorry!")
    for one in (comment, ours):
        await network.delete(one)
    items = (known(mention), known(comment, Kind.COMMENT), known(ours, ours=True), known("2090", Kind.DM))
    events, cost = await reread(x, http, account, *items)
    told = {(one.act, one.kind, one.external_id, one.by) for one in events}
    assert told == {
        (Act.WROTE, Kind.MENTION, mention, Actor.UNKNOWN),
        (Act.DELETED, Kind.COMMENT, comment, Actor.UNKNOWN),
        (Act.DELETED, Kind.MENTION, ours, Actor.US),
    }
    assert cost == pytest.approx(0.005)
    assert all(datetime.now(UTC) - one.at < timedelta(minutes=1) for one in events if one.act is Act.DELETED)


async def test_an_edit_is_read_in_its_newest_words(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee one")
    await network.edit(mention, "@nordwindcoffee two")
    await network.edit(mention, "@nordwindcoffee three")
    events, _ = await reread(x, http, account, known(mention))
    edit = next(one for one in events if one.act is Act.EDITED)
    assert (edit.external_id, edit.revision, edit.text) == (mention, 2, "@nordwindcoffee three")


def problem(kind: str, one: str) -> dict[str, Any]:
    return {"type": f"https://api.x.com/2/problems/{kind}", "resource_id": one, "title": "x", "detail": "x"}


async def test_what_became_private_or_suspended_goes_too(x: X, account: Account) -> None:
    told = {"errors": [problem("not-authorized-for-resource", "1"), problem("resource-not-found", "2"),
                       problem("internal-error", "3"), problem("resource-not-found", "4")]}  # fmt: skip
    http, asked = answering(httpx.Response(200, json={"data": []} | told))
    async with http:
        events, _ = await reread(x, http, account, known("1"), known("2"), known("3"))
    # The third one's fate is not known, and of a fourth nobody asked.
    assert [event.external_id for event in events if event.act is Act.DELETED] == ["1", "2"]
    assert asked[0].url.params["ids"] == "1,2,3"


async def test_a_batch_where_all_are_gone_is_an_answer(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee")
    await network.delete(mention)
    events, _ = await reread(x, http, account, known(mention))
    assert [(one.act, one.external_id) for one in events] == [(Act.DELETED, mention)]


async def test_messages_are_not_looked_at_again(x: X, account: Account) -> None:
    http, asked = answering(httpx.Response(500))
    async with http:
        assert (await x.reread(http, account, [known("1", Kind.DM)])).payloads == []
    assert asked == []


def test_the_duty_is_stated() -> None:
    assert X.capabilities.retention.reread == timedelta(days=1)
