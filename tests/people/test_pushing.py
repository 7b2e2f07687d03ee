"""Web Push on the wire, against the example of RFC 8291 and a reader of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from inbox.ground.pushing import LARGEST, NotAReceiver, PushKey, Receiver, packed, sealed, unpacked
from tests.flow.push_service import Subscription

# RFC 8291, appendix A.
MESSAGE = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_message_is_sealed_as_in_the_example_of_the_standard() -> None:
    own = ec.derive_private_key(int.from_bytes(unpacked(SENDER), "big"), ec.SECP256R1())
    body = sealed(MESSAGE, Receiver.read(BROWSER, AUTH), salt=unpacked(SALT), own=own)
    assert packed(body) == SEALED


@given(st.binary(max_size=LARGEST))
def test_only_the_browser_it_is_for_reads_it(message: bytes) -> None:
    ours, other = Subscription.fresh(), Subscription.fresh()
    body = sealed(message, Receiver.read(ours.p256dh, ours.auth))
    assert ours.reads(body) == message
    with pytest.raises(InvalidTag):
        other.reads(body)
    assert len(body) <= 4096


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        (BROWSER, ""),
        (BROWSER[:-4], AUTH),
        ("B" + "A" * 86, AUTH),
        (BROWSER, AUTH + "AAAA"),
        ("not base64!", AUTH),
        ("é" * 87, AUTH),
    ],
)
def test_what_is_no_key_of_a_browser_is_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(NotAReceiver):
        Receiver.read(p256dh, auth)


def test_a_push_service_knows_who_sends() -> None:
    key = PushKey.fresh()
    now = datetime(2031, 5, 1, 12, tzinfo=UTC)
    proof = PushKey.read(key.kept).proof("https://push.example.com/send/abc?x=1", "mailto:ops@example.com", now)
    token, _, public = proof.removeprefix("vapid t=").partition(", k=")
    assert public == key.public
    head, claims, signature = token.split(".")
    assert msgspec.json.decode(unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
    assert msgspec.json.decode(unpacked(claims)) == {
        "aud": "https://push.example.com",
        "exp": int(now.timestamp()) + 12 * 3600,
        "sub": "mailto:ops@example.com",
    }
    told = unpacked(signature)
    der = encode_dss_signature(int.from_bytes(told[:32], "big"), int.from_bytes(told[32:], "big"))
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(public))
    known.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        known.verify(der, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))
