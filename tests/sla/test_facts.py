"""What is stored about waiting: small, exact, without a customer's words."""

import msgspec
import pytest

from inbox.sla.facts import Deleted, Rank, decode, encode, tie_of
from tests.sla.telling import answers, asks, at, deletes, resolves


def test_the_same_happening_has_the_same_tie_for_ever() -> None:
    assert tie_of("written:m_AbC-1") == 7566084576477211012
    assert tie_of("written:m_AbC-1") != tie_of("written:m_AbC-2")
    assert all(0 <= tie_of(str(n)) < 2**63 for n in range(1000))


def test_of_one_instant_the_customer_comes_first_then_the_answer_then_our_other_acts() -> None:
    told = [resolves("09:00"), answers("r1", "09:00", "m1"), asks("m1", "09:00")]
    assert [fact.rank for fact in sorted(told, key=lambda fact: fact.rank)] == [Rank.CUSTOMER, Rank.ANSWER, Rank.ACT]
    assert [deletes("m1", "09:00", whose).rank for whose in ("customer", "unknown", "ours")] == [0, 0, 2]


def test_a_stored_fact_is_plain_json_without_what_goes_without_saying() -> None:
    stored = msgspec.json.decode(encode(deletes("m1", "09:00")))
    assert stored == {
        "kind": "deleted",
        "conversation": "c",
        "at": "2026-11-23T09:00:00Z",
        "recorded_at": "2026-11-23T09:00:00Z",
        "tie": stored["tie"],
        "item": "m1",
        "whose": "customer",
    }
    found = decode(encode(deletes("m1", "09:00")))
    assert isinstance(found, Deleted)
    assert found.at == at("09:00")


def test_a_kind_nobody_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"kind":"dreamt"}')


def test_what_was_stored_before_languages_and_contacts_were_looked_at_is_stored_as_it_was() -> None:
    plain = asks("m1", "09:00")
    assert not {"language", "contact_tags"} & msgspec.json.decode(encode(plain)).keys()
    assert decode(encode(plain)) == plain
    more = msgspec.structs.replace(plain, language="pt-BR", contact_tags=("vip",))
    assert decode(encode(more)) == more
    old = (
        b'{"kind":"written","item":"m1","author":"ana","received_at":"2026-11-23T09:00:00Z","needs_reply":true,'
        b'"rule":"question","version":1,"reason":"It asks something.","conversation":"c","at":"2026-11-23T09:00:00Z",'
        b'"recorded_at":"2026-11-23T09:00:00Z","tie":1}'
    )
    assert encode(decode(old)) == old
