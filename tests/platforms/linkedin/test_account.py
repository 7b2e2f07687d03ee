"""Who a sign-in is and what it may do; people's names; the subscription; what is held read again."""

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, Act, App, Attachment, Budget, ErrorClass, Kind, Known, NotHere
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.house import Listener
from tests.platforms.linkedin.conftest import ANA, LI, PAGE


async def test_a_good_sign_in(network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account) -> None:
    receipt = await linkedin.check(http, account)
    assert (receipt.external_id, receipt.name, receipt.handle) == (PAGE, "Nordwind Coffee", "nordwindcoffee")
    assert receipt.missing == []
    assert {"rw_organization_admin", "role ADMINISTRATOR"} <= set(receipt.granted)


async def test_a_page_that_is_known_by_name_is_looked_at_with_one_call(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    known = msgspec.structs.replace(account, name="Nordwind", handle="nordwind", app_id="")
    receipt = await linkedin.check(http, known)
    assert (receipt.name, receipt.handle) == ("Nordwind", "nordwind")
    assert [call.path[1] for call in network.app.calls] == ["organizationAcls"]


async def test_by_hand_a_page_is_its_number(network: Network, linkedin: LinkedIn, http: httpx.AsyncClient) -> None:
    typed = {"organization": "1040", "access_token": network.tokens.first}
    account = Account(platform="linkedin", external_id="", credentials=typed, settings={"api_url": network.url})
    assert (await linkedin.check(http, account)).external_id == PAGE


async def test_a_role_that_cannot_read_is_said_because_linkedin_does_not(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.role = "RECRUITING_POSTER"
    missing = (await linkedin.check(http, account)).missing
    assert any("RECRUITING_POSTER" in one and "empty lists" in one for one in missing)
    assert any("no webhooks" in one for one in missing)


async def test_a_role_that_reads_but_hears_no_webhooks(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.role = "DIRECT_SPONSORED_CONTENT_POSTER"
    missing = (await linkedin.check(http, account)).missing
    assert len(missing) == 1
    assert "ADMINISTRATOR" in missing[0]


async def test_no_role_at_all_is_refused(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.role = ""
    with pytest.raises(NotHere) as refusal:
        await linkedin.check(http, account)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING


async def test_missing_scopes_are_named_with_what_they_cost(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.tokens.scopes = ["r_organization_social", "rw_organization_admin"]
    missing = (await linkedin.check(http, account)).missing
    assert missing == ["w_organization_social_feed is not granted. Comments cannot be answered, liked or deleted."]


async def test_the_end_of_the_year_is_said_a_month_before(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    account.credentials["refresh_ends"] = (datetime.now(UTC) + timedelta(days=29)).isoformat()
    assert any("ends for good" in one for one in (await linkedin.check(http, account)).missing)
    account.credentials["refresh_ends"] = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    assert (await linkedin.check(http, account)).missing == []


async def test_people_and_companies_have_names_where_linkedin_shows_them(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    await network.comment(ANA, post=await network.publish("New!"), text="Hi")
    network.companies = {"77": {"localizedName": "Bean GmbH", "vanityName": "bean"}}
    ana = await linkedin.person(http, account, "urn:li:person:7001")
    bean = await linkedin.person(http, account, "urn:li:organization:77")
    assert ana is not None
    assert ana.name == "Ana Ruiz"
    assert bean is not None
    assert (bean.name, bean.handle) == ("Bean GmbH", "bean")
    network.private_people = True
    assert await linkedin.person(http, account, "urn:li:person:7001") is None
    assert await linkedin.person(http, account, "urn:li:organization:78") is None
    assert await linkedin.person(http, account, "../me") is None


# The subscription


def app_of(network: Network) -> App:
    return App(id=network.client_id, platform="linkedin", secrets=network.secrets)


async def test_listening_subscribes_renews_and_otherwise_leaves_alone(
    network: Network, listener: Listener, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.bind(url=network.url)
    assert await linkedin.listen(http, account, app_of(network), listener.url) == []
    [held] = network.subscriptions.values()
    assert held["webhook"] == listener.url
    await network.comment(ANA, post=await network.publish("New!"), text="Hi")
    await network.flush()
    assert [event.text for event in listener.events] == ["Hi"]

    network.app.calls.clear()
    assert await linkedin.listen(http, account, app_of(network), listener.url) == []
    assert [call.method for call in network.app.calls] == ["GET"]

    with time_machine.travel(datetime.now(UTC) + timedelta(days=54)):
        assert await linkedin.listen(http, account, app_of(network), listener.url) == []
    [renewed] = network.subscriptions.values()
    assert renewed["expiresAt"] > held["expiresAt"]


async def test_an_address_that_does_not_know_the_secret_is_not_subscribed(
    network: Network, listener: Listener, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    listener.app = App(id="other", platform="linkedin", secrets=["another-secret"])
    [sentence] = await linkedin.listen(http, account, app_of(network), listener.url)
    assert "security challenge" in sentence
    assert network.subscriptions == {}


@pytest.mark.parametrize(("tier", "role"), [("development", "ADMINISTRATOR"), ("standard", "RECRUITING_POSTER")])
async def test_what_is_not_permitted_is_a_sentence(
    tier: str,
    role: str,
    network: Network,
    listener: Listener,
    linkedin: LinkedIn,
    http: httpx.AsyncClient,
    account: Account,
) -> None:
    network.tier, network.role = tier, role
    [sentence] = await linkedin.listen(http, account, app_of(network), listener.url)
    assert "Standard tier" in sentence


async def test_without_the_apps_number_nothing_is_asked(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    for number in ("", "0", "77nordwind"):
        account.settings["application_id"] = number
        [sentence] = await linkedin.listen(http, account, app_of(network), "https://inbox.example/hook")
        assert "application_id" in sentence
    assert network.app.calls == []


async def test_who_signed_in_is_found_by_the_roles_where_it_was_not_kept(
    network: Network, listener: Listener, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    del account.credentials["member"]
    assert await linkedin.listen(http, account, app_of(network), listener.url) == []


# What is held


def known(external_id: str, **more: object) -> Known:
    given: dict[str, object] = {"kind": Kind.COMMENT, "at": datetime.now(UTC) - timedelta(days=3)}
    return Known(external_id=external_id, **(given | more))  # type: ignore[arg-type]


async def test_words_that_were_purged_are_read_again(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=root, text="Same")
    ours = await network.elsewhere(target=root, text="4 euros")
    mention = await network.mention(ANA, text="@Nordwind")
    gone = await network.comment(LI, post=post, text="Never mind")
    await network.edit(reply, "The same", at=datetime.now(UTC) + timedelta(minutes=1))
    await network.delete(gone)
    items = [known(root, root=post), known(reply, root=post), known(ours, root=post, ours=True)]
    items += [known(mention, kind=Kind.MENTION), known(gone, root=post)]
    polled = await linkedin.reread(http, account, items)
    assert polled.cost == 5
    events = [event for payload in polled.payloads for event in linkedin.normalise(payload)]
    told = {(event.external_id, event.act): event for event in events}
    assert told[root, Act.WROTE].text == "How much?"
    assert told[reply, Act.EDITED].text == "The same"
    assert told[ours, Act.WROTE].ours
    assert told[mention, Act.WROTE].kind is Kind.MENTION
    assert told[gone, Act.DELETED]
    assert (gone, Act.WROTE) not in told


async def test_reading_again_stays_within_the_days_calls(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    items = [known(await network.comment(ANA, post=post, text=f"No. {number}")) for number in range(5)]
    budget = Budget(limit=10, used=6, reserve=0.2, resets_at=datetime.now(UTC) + timedelta(hours=1))
    polled = await linkedin.reread(http, msgspec.structs.replace(account, budget=budget), items)
    assert polled.cost == 2
    assert len(network.app.calls) == 2


async def test_a_reading_that_is_refused_takes_nothing_away(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hi")
    network.mischief.token_revoked = True
    with pytest.raises(NotHere):
        await linkedin.reread(http, account, [known(comment)])


async def test_a_picture_is_where_its_name_leads(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    named = await linkedin.locate(
        http, account, Attachment("image", "https://old.example/a", external_id="urn:li:image:C5")
    )
    assert named is not None
    assert named.url == f"{network.url}/media/urn:li:image:C5"
    plain = await linkedin.locate(http, account, Attachment("image", "https://media.example/a"))
    assert plain is not None
    assert plain.url == "https://media.example/a"
    assert await linkedin.locate(http, account, Attachment("unsupported")) is None
