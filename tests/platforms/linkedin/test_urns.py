"""LinkedIn's names: one comment whatever its spelling, and the encoding that LinkedIn's own client makes."""

from typing import Any

import pytest

from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.notices import SOCIAL

COMMENT = "urn:li:comment:(urn:li:activity:7001,7002)"


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("urn:li:comment:(activity:7001,7002)", COMMENT),
        (COMMENT, COMMENT),
        ("urn:li:comment:(urn:li:activity:7001, 7002)", COMMENT),
        ("urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7001%2C7002%29", COMMENT),
        ("urn:li:comment:(7001,7002)", COMMENT),
        ("urn:li:comment:(ugcPost:7001,7002)", "urn:li:comment:(urn:li:ugcPost:7001,7002)"),
        ("urn:li:activity:7001", ""),
        ("urn:li:comment:(urn:li:activity:7001,7002)/../x", ""),
        ("urn:li:comment:(urn:li:activity:٧,٨)", ""),
        (7002, ""),
        (None, ""),
    ],
)
def test_both_spellings_of_a_comment_are_one(spelling: Any, name: str) -> None:
    assert urns.comment(spelling) == name


def test_a_comment_is_taken_apart() -> None:
    assert urns.parts(COMMENT) == ("urn:li:activity:7001", "7002")
    assert urns.parts("urn:li:share:1") == ("", "")


@pytest.mark.parametrize(
    ("given", "page"),
    [
        (42, "urn:li:organization:42"),
        ("42", "urn:li:organization:42"),
        ("urn:li:organization:42", "urn:li:organization:42"),
        ("urn:li:organizationBrand:42", "urn:li:organizationBrand:42"),
        ("urn:li:person:42", ""),
        (True, ""),
    ],
)
def test_a_page_may_come_as_a_number(given: Any, page: str) -> None:
    assert urns.organisation(given) == page


def test_a_page_is_itself_under_every_name() -> None:
    page = "urn:li:organization:42"
    assert all(urns.is_page(f"urn:li:{kind}:42", page) for kind in ("organization", "organizationBrand", "company"))
    assert not urns.is_page("urn:li:person:42", page)
    assert not urns.is_page("urn:li:organization:421", page)


def test_a_link_leads_to_the_comment() -> None:
    link = urns.comment_link("urn:li:activity:7001", COMMENT)
    assert link.startswith("https://www.linkedin.com/feed/update/urn:li:activity:7001?commentUrn=urn%3Ali%3Acomment%3A")


@pytest.mark.parametrize("value", [COMMENT, "urn:li:person:a-B_c.9~", "a b+c/d%e", "Zoë's (x:y,z)"])
def test_values_are_encoded_as_linkedins_own_client_does(value: str) -> None:
    oracle = pytest.importorskip(
        "linkedin_api.clients.restli.utils.encoder", reason="linkedin-api-client is not installed"
    )
    assert urns.encoded(value) == oracle.encode(value)
    assert urns.several([value, "COMMENT"]) == oracle.encode([value, "COMMENT"])


def test_keys_are_encoded_as_linkedins_own_client_does() -> None:
    oracle = pytest.importorskip(
        "linkedin_api.clients.restli.utils.encoder", reason="linkedin-api-client is not installed"
    )
    fields = {"actor": "urn:li:organization:42", "entity": COMMENT}
    assert urns.key(**fields) == oracle.encode(fields)
    fields = {"developerApplication": "urn:li:developerApplication:1", "entity": "urn:li:organization:42"}
    fields |= {"eventType": SOCIAL, "user": "urn:li:person:A"}
    assert urns.key(**fields) == oracle.encode(fields)
