"""What must hold of the fold whatever happens: order, duplicates, late news and other people change no number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from random import Random
from typing import Literal

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inbox.sla import facts as f
from inbox.sla.aimed import promised
from inbox.sla.asks import Ask
from inbox.sla.cases import Case
from inbox.sla.episodes import Episode, Folded, Standing, fold
from inbox.sla.facts import AnyFact, tie_of
from inbox.sla.gathered import author_of
from inbox.sla.ledger import in_english, ledger, replay
from inbox.sla.resolution_ledger import replay_resolution, resolution_ledger
from inbox.sla.resolutions import resolutions
from inbox.sla.resume import MARGIN, names, reach, resume_at
from inbox.sla.terms import Edition, Match, Place, Policy, Target, Terms
from tests.sla.random_facts import START, conversations

NEVER = datetime.max.replace(tzinfo=UTC)
quick = settings(max_examples=60, deadline=None)

Numbers = tuple[tuple[Episode, ...], tuple[Case, ...], dict[str, Standing]]


def numbers(folded: Folded) -> Numbers:
    """Everything the fold gives."""
    return folded.episodes, folded.cases, folded.conversations


@quick
@given(conversations(), st.randoms())
def test_any_order_of_arrival_gives_the_same(facts: list[AnyFact], dice: Random) -> None:
    shuffled = list(facts)
    dice.shuffle(shuffled)
    assert numbers(fold(shuffled)) == numbers(fold(facts))


@quick
@given(conversations(), st.data())
def test_what_is_told_twice_counts_once(facts: list[AnyFact], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(facts)))
    later = [msgspec.structs.replace(fact, recorded_at=fact.recorded_at + timedelta(hours=1)) for fact in again]
    assert numbers(fold([*later, *facts, *again])) == numbers(fold(facts))


@quick
@given(conversations())
def test_facts_survive_being_stored(facts: list[AnyFact]) -> None:
    assert [f.decode(f.encode(fact)) for fact in facts] == facts


@quick
@given(conversations(undo=False), st.sampled_from(["removed", "held", "failed"]))
def test_an_answer_withdrawn_is_as_if_it_had_never_been(
    facts: list[AnyFact], why: Literal["removed", "held", "failed"]
) -> None:
    answered = [fact for fact in facts if isinstance(fact, f.Answered)]
    assume(answered)
    answer = answered[0]
    late = START + timedelta(days=60)
    gone = f.Withdrawn(conversation="c", at=late, recorded_at=late, tie=1, answer=answer.answer, why=why)
    without = [fact for fact in facts if getattr(fact, "answer", None) != answer.answer]
    assert rested(fold([*facts, gone])) == rested(fold(without))


PLACES = {"c": Place("page", "facebook", "dm")}
TERMS = Terms(
    [
        Edition(
            version=number,
            valid_from=START + number * timedelta(days=7),
            includes_waiting=number > 1,
            policies=(
                Policy(id="es", name="es", first=Target(7200), next=Target(7200), match=Match(languages=("es",))),
                Policy(id="vip", name="vip", first=Target(90_000), match=Match(contact_tags=("vip",))),
                Policy(id="all", name="all", first=Target(number * 400_000), next=Target(400_000)),
            ),
        )
        for number in (0, 1, 2)
    ],
    {},
)


@quick
@given(conversations(), st.randoms())
def test_what_is_promised_hangs_on_the_facts_alone(facts: list[AnyFact], dice: Random) -> None:
    shuffled = [*facts, *facts[:3]]
    dice.shuffle(shuffled)
    promises = promised(fold(facts), TERMS, PLACES)
    assert promised(fold(shuffled), TERMS, PLACES) == promises
    for aims in promises.values():
        assert [aim.since for aim in aims] == sorted({aim.since for aim in aims})
        assert all(before.due > after.since for before, after in pairwise(aims))  # what is late stays so


def rested(folded: Folded) -> tuple[object, ...]:
    """The numbers, without what they rest on."""
    episodes = [msgspec.structs.replace(episode, depends_from=START) for episode in folded.episodes]
    return episodes, [msgspec.structs.replace(case, depends_from=START) for case in folded.cases], folded.conversations


@quick
@given(conversations())
def test_every_ask_is_in_exactly_one_episode(facts: list[AnyFact]) -> None:
    folded = fold(facts)
    real = [waiting for waiting in folded.waitings.values() if not waiting.never_asked]
    asked: list[Ask] = [ask for waiting in real for ask in waiting.asks]
    assert len(set(asked)) == len(asked)
    decided = {fact.item for fact in facts if isinstance(fact, f.Decided | f.Reapplied)}
    needing = {fact.item for fact in facts if isinstance(fact, f.Written) and fact.needs_reply} - decided
    assert needing <= {item for episode in folded.episodes for item in episode.items}
    assert len({(episode.conversation, episode.key) for episode in folded.episodes}) == len(folded.episodes)


@quick
@given(conversations())
def test_two_waitings_of_one_author_overlap_only_where_an_answer_had_not_seen_the_other(facts: list[AnyFact]) -> None:
    folded = fold(facts)
    real = [waiting for waiting in folded.waitings.values() if not waiting.never_asked]
    for one, other in combinations(real, 2):
        if one.stream != other.stream:
            continue
        first, last = sorted((one, other), key=lambda waiting: waiting.ended_at or NEVER)
        if last.opened_at < (first.ended_at or last.opened_at):
            assert first.ending is not None
            answer = first.ending.answer
            assert answer is not None
            unseen = [ask for ask in last.asks if ask.at < first.ending.at and ask.ending is not first.ending]
            assert all(ask.ending is None or ask.ending.answer is not answer for ask in unseen)
            assert unseen


@quick
@given(conversations(), st.booleans())
def test_a_later_answer_never_shortens_an_earlier_waiting(facts: list[AnyFact], human: bool) -> None:
    late = START + timedelta(days=60)
    everything = tuple(f.Shown(fact.item) for fact in facts if isinstance(fact, f.Written))
    more = f.Answered(conversation="c", at=late, recorded_at=late, tie=1, answer="late", human=human, covers=everything)
    before, after = fold(facts), fold([*facts, more])
    waits = {episode.key: episode for episode in after.episodes}
    for episode in before.episodes:
        now = waits[episode.key]
        assert (now.opened_at, now.items) == (episode.opened_at, episode.items)
        if episode.state == "waiting":
            assert now.state == ("answered" if human else "waiting")
            assert now.ended_at == (late if human else None)
        else:
            assert (now.state, now.ended_at, now.customer_waited) == (
                episode.state,
                episode.ended_at,
                episode.customer_waited,
            )


@quick
@given(conversations(), st.integers(1, 30))
def test_answering_later_never_looks_better(facts: list[AnyFact], hours: int) -> None:
    asked = [fact for fact in facts if isinstance(fact, f.Written)]
    soon = START + timedelta(days=25)
    waited = []
    for at in (soon, soon + timedelta(hours=hours)):
        said = f.Answered(
            conversation="c", at=at, recorded_at=at, tie=tie_of("dm"), answer="dm", human=True, everyone=True
        )
        waited.append(sum((e.customer_waited or timedelta(0) for e in fold([*asked, said]).episodes), timedelta(0)))
    assert waited[0] <= waited[1]


@quick
@given(conversations(undo=False))
def test_what_others_write_changes_nobodys_waiting(facts: list[AnyFact]) -> None:
    bens = {fact.item for fact in facts if isinstance(fact, f.Written) and fact.author == "ben"}
    without = [fact for fact in facts if getattr(fact, "item", None) not in bens]
    here, there = fold(facts), fold(without)
    assert [e for e in here.episodes if e.author != "ben"] == list(there.episodes)
    assert [case for case in here.cases if case.author != "ben"] == list(there.cases)


@quick
@given(conversations(undo=False))
def test_back_filled_items_change_no_live_number(facts: list[AnyFact]) -> None:
    old = {fact.item for fact in facts if isinstance(fact, f.Written) and fact.before_connection}
    without = [fact for fact in facts if getattr(fact, "item", None) not in old]
    assert [e for e in fold(facts).episodes if not e.before_connection] == list(fold(without).episodes)


@quick
@given(conversations())
def test_replaying_every_ledger_gives_its_number(facts: list[AnyFact]) -> None:
    folded = fold(facts)
    for episode in folded.episodes:
        entries = ledger(folded, episode)
        assert replay(entries) == episode.customer_waited
        assert all(in_english(entry) for entry in entries)
        assert [entry.at for entry in entries[1:-1]] == sorted(entry.at for entry in entries[1:-1])


@quick
@given(conversations(), st.integers(0, 500))
def test_as_of_an_instant_gives_the_same_for_ever(facts: list[AnyFact], hours: int) -> None:
    as_of = START + timedelta(hours=hours)
    then = [fact for fact in facts if fact.recorded_at <= as_of]
    assert numbers(fold(f.known_at(facts, as_of))) == numbers(fold(then))


class Table:
    """What is stored, kept up by folding no more than needed."""

    def __init__(self) -> None:
        self.facts: list[AnyFact] = []
        self.episodes: dict[str, Episode] = {}
        self.cases: dict[str, Case] = {}

    def learn(self, fact: AnyFact) -> None:
        """Take in one fact as storage does."""
        self.facts.append(fact)
        items = {w.item: (author_of(w), w.at) for w in reversed(self.facts) if isinstance(w, f.Written)}
        said = {a.answer: a.at for a in reversed(self.facts) if isinstance(a, f.Answered)}
        news = reach([fact], items, said)
        if news.earliest is None:
            self._replace(fold(self.facts), None)
            return
        everybody = {case.author for case in self.cases.values()} | {e.author for e in self.episodes.values()}
        named = {author for author, _ in items.values()} if news.authors is None else news.authors
        authors = named | (everybody if news.authors is None else set())
        since = {}
        for author in authors:
            own = [case for case in self.cases.values() if case.author == author]
            never = [e for e in self.episodes.values() if e.author == author and e.state == "never_asked"]
            since["c", author] = resume_at(own, never, news.earliest)
        if not since:
            return
        start = min(since.values()) - MARGIN
        read = [fact for fact in self.facts if fact.at >= start]
        held = [fact for fact in self.facts if isinstance(fact, f.Assigned) and fact.at < start]
        held.sort(key=lambda fact: (fact.at, fact.tie))
        spoken = {names(fact)[1] for fact in read} - {""}
        read += [fact for fact in self.facts if fact.at < start and names(fact)[1] in spoken]
        self._replace(fold([*held[-1:], *read], since=since, known=tuple(self.cases.values())), since)

    def _replace(self, folded: Folded, since: dict[tuple[str, str], datetime] | None) -> None:
        def kept(row: Episode | Case) -> bool:
            return since is not None and row.opened_at < since.get(("c", row.author), NEVER)

        self.episodes = {key: row for key, row in self.episodes.items() if kept(row)}
        self.cases = {key: row for key, row in self.cases.items() if kept(row)}
        self.episodes |= {episode.key: episode for episode in folded.episodes}
        self.cases |= {case.key: case for case in folded.cases}


def as_they_may_arrive(facts: list[AnyFact]) -> list[AnyFact]:
    """The same order, but an item or answer has its id only once it is stored, so nothing speaks of it before."""
    known: set[str] = set()
    exist = {fact.item for fact in facts if isinstance(fact, f.Written)}
    exist |= {fact.answer for fact in facts if isinstance(fact, f.Answered)}
    waiting, arrived = list(facts), list[AnyFact]()
    while waiting:
        ready = next(fact for fact in waiting if spoken_of(fact) & exist <= known)
        waiting.remove(ready)
        arrived.append(ready)
        known |= ({ready.item} if isinstance(ready, f.Written) else set()) | (
            {ready.answer} if isinstance(ready, f.Answered) else set()
        )
    return arrived


def spoken_of(fact: AnyFact) -> set[str]:
    """The items and answers a fact presupposes."""
    about, answer = names(fact)
    own = {fact.item} if isinstance(fact, f.Written) else {fact.answer} if isinstance(fact, f.Answered) else set()
    return ({*about, answer} - {""}) - own


@settings(max_examples=60, deadline=None)
@given(conversations(), st.randoms(use_true_random=False))
def test_folding_no_more_than_needed_equals_folding_all(facts: list[AnyFact], dice: Random) -> None:
    dice.shuffle(facts)
    table = Table()
    for fact in as_they_may_arrive(facts):
        table.learn(fact)
        full = fold(table.facts)
        assert sorted(table.episodes.values(), key=lambda e: e.key) == sorted(full.episodes, key=lambda e: e.key)
        assert sorted(table.cases.values(), key=lambda c: c.key) == sorted(full.cases, key=lambda c: c.key)


SOLVED = Policy(id="p", name="Solved", resolution=Target(20 * 3600))
PROMISED = Terms([Edition(version=1, valid_from=START - timedelta(days=1), policies=(SOLVED,))], {})


def solved(facts: list[AnyFact]) -> list[tuple[str, timedelta, datetime | None, datetime | None]]:
    """What the resolution of each case comes to."""
    found = resolutions(fold(facts), PROMISED, {"c": Place("page", "facebook", "dm")})
    return [(one.case.key, one.aim.spending.used, one.due, one.aim.risk) for one in found]


@quick
@given(conversations(), st.randoms())
def test_any_order_of_arrival_gives_each_case_the_same_resolution(facts: list[AnyFact], dice: Random) -> None:
    shuffled = list(facts)
    dice.shuffle(shuffled)
    assert solved(shuffled) == solved(facts)


@quick
@given(conversations(undo=False), st.integers(1, 30))
def test_answering_later_never_makes_time_with_us_shorter(facts: list[AnyFact], hours: int) -> None:
    asked = [fact for fact in facts if isinstance(fact, f.Written)]
    soon = START + timedelta(days=25)
    used = []
    for at in (soon, soon + timedelta(hours=hours)):
        said = f.Answered(
            conversation="c", at=at, recorded_at=at, tie=tie_of("dm"), answer="dm", human=True, everyone=True
        )
        used.append(sum((spent for _, spent, _, _ in solved([*asked, said])), timedelta(0)))
    assert used[0] <= used[1]


@quick
@given(conversations())
def test_the_ledgers_of_a_case_give_its_time_with_us_which_is_part_of_its_resolution(facts: list[AnyFact]) -> None:
    for one in resolutions(fold(facts), PROMISED, {"c": Place("page", "facebook", "dm")}):
        told = [entry for episode in one.episodes for entry in resolution_ledger(one, episode)]
        assert replay_resolution(told) == one.aim.spending.used
        if one.case.resolved_at:
            assert timedelta(0) <= one.with_us <= one.case.resolved_at - one.case.opened_at
