"""Which items need a reply, by which rule, in the customers' own languages."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inbox.sla.needs_reply import RULES, Decision, decide
from inbox.sla.reading import words_of

THANKS = [
    "Thanks!",
    "thank you so much, it works now ❤️",
    "Thanks Ana!",
    "THX",
    "¡Muchas gracias por la ayuda!",
    "mil gracias 🙏",
    "Vielen Dank für die schnelle Hilfe",
    "Danke schön!",
    "Merci beaucoup pour votre aide",
    "merci 😊",
    "muito obrigada pela ajuda",
    "Obrigado!",
    "Grazie mille a tutti",
    "dziękuję bardzo za pomoc",
    "Dzięki!",
    "Hartelijk dank voor de snelle reactie",
    "bedankt 👍",
    "спасибо",
    "يعطيكم العافية، شكراً",
    "ممتاز، شكراً على الرد السريع",
    "谢谢",
    "ありがとうございます",
]

MORE_THAN_THANKS = [
    "Thanks, but it is still broken",
    "Thanks. And when does it ship?",
    "thanks for the quick reply, cancel it",
    "Thanks for nothing",
    "Gracias, pero mi pedido no llegó",
    "Danke, aber die App geht nicht",
    "merci mais je n'ai toujours pas reçu mon colis",
    "Obrigado, mas ainda espero",
    "Grazie, ma vorrei un rimborso",
    "Dzięki, ale nadal czekam",
    "bedankt maar hij doet het niet",
    "谢谢，请问什么时候发货",
]

ASKED = [
    ("Where is my order", "asks"),
    ("do you ship to Malta", "asks"),
    ("Cuándo abren", "asks"),
    ("Wie lange dauert der Versand", "asks"),
    ("Combien coûte la livraison", "asks"),
    ("quanto custa", "asks"),
    ("Quando riaprite", "asks"),
    ("ile kosztuje dostawa", "asks"),
    ("hoeveel kost verzending", "asks"),
    ("多少钱", "asks"),
    ("is it vegan?", "question"),
    ("¿Lo tienen en azul", "question"),
    ("؟", "question"),
    ("???", "question"),
    ("I need help with this", "request"),
    ("necesito ayuda con esto", "request"),
    ("bitte meldet euch", "request"),
    ("je voudrais l'échanger", "request"),
    ("preciso de ajuda", "request"),
    ("vorrei sapere di più", "request"),
    ("proszę o kontakt", "request"),
    ("ik wil mijn geld", "request"),
    ("It never arrived", "complaint"),
    ("no funciona nada", "complaint"),
    ("Paket ist nicht angekommen", "complaint"),
    ("ça ne marche pas", "complaint"),
    ("não funciona", "complaint"),
    ("non funziona", "complaint"),
    ("aplikacja nie działa", "complaint"),
    ("de app werkt niet", "complaint"),
    ("Hello, lovely to see you on Friday", "direct_address"),
]

NOTHING_ASKED = [
    "I love it",
    "So beautiful",
    "Me encanta esta canción",
    "Wunderschön, wie immer",
    "@anna look at this one",
    "First",
    "10/10",
]


def comment(text: str, **more: Any) -> Decision:
    """What the rules say about a comment."""
    return decide(kind="comment", text=text, **more)


@pytest.mark.parametrize("text", THANKS)
def test_thanks_alone_need_no_reply_anywhere(text: str) -> None:
    assert comment(text).rule == "thanks"
    assert decide(kind="dm", text=text).rule == "thanks"


@pytest.mark.parametrize("text", MORE_THAN_THANKS)
def test_thanks_with_something_more_need_one(text: str) -> None:
    assert comment(text).needs_reply


@pytest.mark.parametrize(("text", "rule"), ASKED)
def test_a_comment_that_asks_requests_or_complains_needs_a_reply(text: str, rule: str) -> None:
    assert (comment(text).rule, comment(text).needs_reply) == (rule, True)


@pytest.mark.parametrize("text", NOTHING_ASKED)
def test_other_comments_need_none(text: str) -> None:
    assert comment(text).rule == "nothing_asked"
    assert not decide(kind="ad_comment", text=text).needs_reply
    assert not decide(kind="mention", text=text).needs_reply


@pytest.mark.parametrize("text", NOTHING_ASKED)
def test_where_the_kind_asks_by_nature_the_same_words_do(text: str) -> None:
    assert decide(kind="dm", text=text).rule == "dm"
    assert decide(kind="review", text=text, rating=5).rule == "review_text"
    assert decide(kind="mention", text=text, visitor_post=True).rule == "visitor_post"


@pytest.mark.parametrize(
    ("text", "attachments", "rule"),
    [
        pytest.param("@anna", (), "only_tags", id="tags a friend"),
        pytest.param("@anna @ben 😂😂", (), "only_tags", id="tags two, with a smile"),
        pytest.param("😍", (), "only_emoji", id="one emoji"),
        pytest.param("👏🏽👏🏽 ❤️ !!!", (), "only_emoji", id="several, with signs"),
        pytest.param(":-) <3", (), "only_emoji", id="the old ones"),
        pytest.param("hahahaha", (), "only_emoji", id="laughter"),
        pytest.param("jajaja xD", (), "only_emoji", id="laughter elsewhere"),
        pytest.param("", ("sticker",), "only_emoji", id="a sticker"),
        pytest.param("", ("share",), "share_without_text", id="a share"),
        pytest.param("https://example.com/a?b=c", (), "share_without_text", id="a link"),
        pytest.param("Earn money fast! Click here https://x.example", (), "spam", id="spam with a link"),
        pytest.param("Promote it on @bigpage", (), "spam", id="spam with a name"),
        pytest.param("forex signals +1 555 123 4567", (), "spam", id="spam with a number"),
    ],
)
def test_what_needs_no_reply_and_why(text: str, attachments: tuple[str, ...], rule: str) -> None:
    decision = comment(text, attachments=attachments)
    assert (decision.rule, decision.needs_reply) == (rule, False)


@pytest.mark.parametrize(
    ("text", "attachments"),
    [
        pytest.param("", ("image",), id="a picture"),
        pytest.param("", ("audio",), id="a voice message"),
        pytest.param("", (), id="nothing that we can see"),
        pytest.param("1234567", (), id="an order number"),
        pytest.param("ok", (), id="an answer to what we asked"),
        pytest.param("I buy bitcoin", (), id="one sign of spam is not enough"),
        pytest.param("https://example.com/broken-page", (), id="a link"),
        pytest.param("thanks", ("image",), id="thanks with a picture"),
    ],
)
def test_in_doubt_a_direct_message_needs_a_reply(text: str, attachments: tuple[str, ...]) -> None:
    assert decide(kind="dm", text=text, attachments=attachments).needs_reply


@pytest.mark.parametrize(
    ("text", "rating", "rule", "needs"),
    [
        pytest.param("", 5, "stars_only", False, id="five stars without a word"),
        pytest.param("", 4, "stars_only", False, id="four stars without a word"),
        pytest.param("", 3, "low_rating", True, id="three stars"),
        pytest.param("thanks", 1, "low_rating", True, id="one star, whatever it says"),
        pytest.param("😍", 1, "low_rating", True, id="not recommended"),
        pytest.param("Friendly staff", 5, "review_text", True, id="five stars with words"),
        pytest.param("Friendly staff", None, "review_text", True, id="words without stars"),
    ],
)
def test_reviews(text: str, rating: int | None, rule: str, needs: bool) -> None:
    decision = decide(kind="review", text=text, rating=rating)
    assert (decision.rule, decision.needs_reply) == (rule, needs)


def test_a_greeting_speaks_to_whom_it_tags() -> None:
    assert comment("Hi @anna see you there").rule == "nothing_asked"
    assert comment("Hi @Brand see you there", ours=["brand"]).rule == "direct_address"
    assert decide(kind="mention", text="Hi @brand see you there").rule == "direct_address"
    assert comment("Brand you made my day", ours=["@brand"]).rule == "direct_address"


def test_what_we_cannot_show_is_said_so() -> None:
    decision = decide(kind="dm", text="", unsupported=True)
    assert (decision.needs_reply, decision.reason) == (True, "We cannot show what was sent; look at it there.")


def test_a_channel_may_answer_everything_or_nothing() -> None:
    always, never = {"needs_reply": {"comment": "always"}}, {"needs_reply": {"comment": "never"}}
    assert comment("I love it", settings=always).rule == "channel_setting"
    assert comment("I love it", settings=always).needs_reply
    assert comment("@anna", settings=always).rule == "only_tags"
    assert not comment("Where is my order?", settings=never).needs_reply
    assert decide(kind="mention", text="Where is my order?", settings=never).needs_reply


@pytest.mark.parametrize("settings", [{}, None, {"needs_reply": "always"}, {"needs_reply": {"comment": 7}}])
def test_a_setting_that_says_nothing_changes_nothing(settings: Any) -> None:
    assert comment("I love it", settings=settings).rule == "nothing_asked"


def test_rules_have_names_versions_and_reasons_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len({rule.reason for rule in RULES}) == len(RULES)
    assert all(rule.version >= 1 and rule.reason.endswith(".") for rule in RULES)


def test_words_lose_accents_signs_and_capitals() -> None:
    assert words_of("J'ai reçu ÇA, l’été: große Łódź!") == ["jai", "recu", "ca", "lete", "grosse", "lodz"]


hostile = st.text(alphabet=string.printable + "@😀ß\u0301\u202e؟谢谢ıİ", max_size=200)


@settings(max_examples=200, deadline=None)
@example("\x00", "dm")
@example("İ" * 50, "comment")
@given(hostile, st.sampled_from(["dm", "comment", "ad_comment", "mention", "review", "something new"]))
def test_any_text_gets_a_decision_with_a_reason(text: str, kind: str) -> None:
    decision = decide(kind=kind, text=text)
    assert decision.rule
    assert decision.reason.endswith(".")


@pytest.mark.timeout(20)  # a pattern that tries every way of reading it would take hours
@pytest.mark.parametrize(
    "piece",
    ["a", "@a", ":)", "8", "1 ", "thank you ", "how\n", "x3", "https://", "😀", "can you ", "\u0301", "@", "+1-", "?"],
)
def test_a_text_made_to_be_slow_is_read_all_the_same(piece: str) -> None:
    assert comment(piece * 100_000).reason
    assert comment(piece * 100_000 + "\x00").reason
