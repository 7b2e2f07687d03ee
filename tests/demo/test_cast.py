"""Who writes, what they say, and what they are said to have written: made up, and the same each time."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from inbox.demo import history, words
from inbox.demo.cast import LANGUAGES, Cast
from inbox.demo.words import Writer
from inbox.platforms.base import Kind
from inbox.sla.needs_reply import decide

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
KINDS = [Kind.DM, Kind.COMMENT, Kind.MENTION, Kind.REVIEW]


def test_everybody_is_the_same_person_each_time_and_found_by_their_number():
    cast, again = Cast(7), Cast(7)
    assert len(cast.regulars) == 60
    some = [cast.somebody(Random(number)) for number in range(300)]
    assert some == [again.somebody(Random(number)) for number in range(300)]
    assert all(cast.known(who.person.external_id) == who for who in some)
    assert {who.language for who in some} == set(LANGUAGES)
    assert cast.known("1234567890123456") is None
    assert cast.known("did:plc:somebody") is None


def test_every_language_has_words_for_everything_and_leaves_no_place_open():
    cast, writer = Cast(), Writer(Random(3))
    speakers = {who.language: who for who in cast.regulars}
    assert set(writer.languages) == set(speakers) == set(LANGUAGES)
    for who in speakers.values():
        said = [writer.ask(who, topic, private=True) for topic in (words.PRIVATE | words.PUBLIC) for _ in range(20)]
        said += [writer.answer(who, topic) for topic in (*words.PRIVATE, "again", "praise", "bad") for _ in range(9)]
        for what in ("thanks", "back", "cross", "nudge", "praise", "tag", "good", "bad"):
            said += [writer.line(who, what) for _ in range(20)]
        assert all(text.strip() for text in said)
        assert not [text for text in said if "{" in text or "}" in text]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "ar"])
def test_thanks_are_known_as_thanks_and_questions_as_questions(language):
    cast, writer = Cast(), Writer(Random(5))
    who = next(who for who in cast.regulars if who.language == language)
    for _ in range(30):
        thanks = writer.line(who, "thanks")
        assert not decide(kind="dm", text=thanks).needs_reply, thanks
        back = writer.line(who, "back")
        assert decide(kind="comment", text=back).needs_reply, back


def test_a_list_of_two_hundred_does_not_look_made():
    past = history.of(KINDS, Cast(), now=NOON)
    newest = [thread.said[0].text for thread in past.threads[:200]]
    assert len(set(newest)) > 185


def test_the_past_is_the_same_each_time_and_nothing_in_it_is_still_to_come():
    past, again = (history.of(KINDS, Cast(), now=NOON) for _ in range(2))
    assert past == again
    assert 2000 < past.size < 4500
    for thread in past.threads:
        times = [said.at for said in thread.said]
        assert times == sorted(times)
        assert times[-1] < NOON
        assert all(said.on < place for place, said in enumerate(thread.said) if said.verb != "opens")


def test_at_the_end_it_looks_like_a_real_tuesday():
    past = history.of(KINDS, Cast(), now=NOON)
    waited = sorted(NOON - thread.said[place].at for thread in past.threads for place, _ in thread.asks)
    assert 25 <= len(waited) <= 70
    assert waited[0] < timedelta(minutes=30)
    assert sum(one > timedelta(days=7) for one in waited) >= 3


def test_people_are_answered_sooner_by_day_than_in_the_night_and_sooner_than_in_the_beginning():
    past = history.of(KINDS, Cast(), now=NOON, size=3)
    waits: dict[str, list[timedelta]] = {"day": [], "night": [], "first": [], "last": []}
    for thread in past.threads:
        for said in thread.said:
            if said.verb != "answers":
                continue
            asked = thread.said[said.on].at
            local, ago = asked.astimezone(history.ZONE), NOON - asked
            by_day = 8 <= local.hour < 17 and local.weekday() < 5
            waits["day" if by_day else "night"].append(said.at - asked)
            if by_day and not timedelta(days=20) < ago < timedelta(days=60):
                waits["last" if ago <= timedelta(days=20) else "first"].append(said.at - asked)
    middle = {when: sorted(found)[len(found) // 2] for when, found in waits.items()}
    assert middle["day"] < middle["night"] / 2
    assert middle["last"] < middle["first"]
