"""Modmail of the simulated Reddit, with its own ids, words and times."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inbox.platforms.base import Action
from inbox.platforms.reddit.modmail import message_of, thread_of
from inbox.platforms.reddit.simulator_http import Call, Refusal, forbidden, not_found
from inbox.platforms.reddit.simulator_memory import Conversation, Letter
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Heard

if TYPE_CHECKING:
    from inbox.platforms.reddit.simulator import RedditSimulator


def stamp(at: datetime) -> str:
    """A time as modmail writes it."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "+0000")


class Mailroom:
    """/api/mod/conversations."""

    def __init__(self, network: "RedditSimulator") -> None:
        self.network, self.memory = network, network.memory

    def listed(self, call: Call) -> Json:
        """Conversations, the last changed first, each with its newest message."""
        wanted = {name.casefold() for name in call["entity"].split(",") if name} or set(self.memory.moderators)
        if not all(self.memory.moderates(call.user, name) for name in wanted):
            raise forbidden()
        talks = [talk for talk in self.memory.mail.values() if talk.subreddit.casefold() in wanted and talk.letters]
        talks.sort(key=lambda talk: (talk.letters[-1].at, talk.id), reverse=True)
        ids = [talk.id for talk in talks]
        start = ids.index(call["after"]) + 1 if call["after"] in ids else 0
        some = talks[start : start + min(int(call["limit"] or 25), 100)]
        return {
            "conversations": {talk.id: self._about(talk, newest=True) for talk in some},
            "messages": {talk.letters[-1].id: self._letter(talk, talk.letters[-1]) for talk in some},
            "viewerId": f"t2_{call.user.lower()}",
            "conversationIds": [talk.id for talk in some],
        }

    def shown(self, call: Call, name: str) -> Json:
        """A conversation, whole."""
        talk = self._talk(call, name)
        if call["markRead"].lower() == "true":
            talk.read = True
        return {
            "conversation": self._about(talk),
            "messages": {letter.id: self._letter(talk, letter) for letter in talk.letters},
            "modActions": {},
            "user": {
                "name": talk.participant,
                "id": f"t2_{talk.participant.lower()}",
                "created": "2020-01-01T00:00:00.000000+0000",
                "banStatus": {"isBanned": False},
                "muteStatus": {"isMuted": False},
                **{recent: {} for recent in ("recentComments", "recentPosts", "recentConvos")},
            },
        }

    def written(self, call: Call, rest: list[str]) -> Any:
        """A reply, or a mark; False where there is no such door."""
        match rest:
            case ["read"]:
                for name in call["conversationIds"].split(","):
                    self._talk(call, name).read = True
                return None
            case [name]:
                return self._reply(call, name)
        return False

    def _reply(self, call: Call, name: str) -> Json:
        talk = self._talk(call, name)
        if not call["body"].strip():
            told = {"reason": "PARAMETER_REQUIRED", "message": "Bad Request", "fields": ["body"]}
            raise Refusal(400, told | {"explanation": "This field is required: body"})
        internal = call["isInternal"].lower() == "true"
        letter = self.memory.write_mail(talk, call.user, call["body"], moderator=True, internal=internal)
        who = self.memory.people.get(talk.participant)
        if call.user == self.memory.us and not internal:
            self.network.hears(
                Heard(
                    action=str(Action.DM),
                    external_id=message_of(talk.id, letter.id),
                    text=letter.text,
                    target=thread_of(talk.id),
                    recipient=who.external_id if who else "",
                )
            )
        return self.shown(call, name)

    def _talk(self, call: Call, name: str) -> Conversation:
        talk = self.memory.mail.get(name)
        if talk is None:
            raise not_found()
        if not self.memory.moderates(call.user, talk.subreddit):
            raise forbidden()
        return talk

    def _about(self, talk: Conversation, *, newest: bool = False) -> Json:
        letters = talk.letters[-1:] if newest else talk.letters
        by_people = [one.at for one in talk.letters if not one.moderator]
        by_moderators = [one.at for one in talk.letters if one.moderator]
        return {
            "id": talk.id,
            "legacyFirstMessageId": talk.id,
            "isAuto": talk.auto,
            "isInternal": False,
            "isRepliable": True,
            "isHighlighted": False,
            "subject": talk.subject,
            "participant": self._author(talk, talk.participant, moderator=False),
            "owner": {"displayName": talk.subreddit, "type": "subreddit", "id": "t5_home"},
            "authors": [self._author(talk, one.author, moderator=one.moderator) for one in talk.letters],
            "objIds": [{"id": one.id, "key": "messages"} for one in letters],
            "conversationType": "sr_user",
            "state": 1,
            "numMessages": len(talk.letters),
            "lastUpdated": stamp(talk.letters[-1].at),
            "lastUserUpdate": stamp(max(by_people)) if by_people else None,
            "lastModUpdate": stamp(max(by_moderators)) if by_moderators else None,
            "lastUnread": None if talk.read else stamp(talk.letters[-1].at),
        }

    def _letter(self, talk: Conversation, letter: Letter) -> Json:
        return {
            "id": letter.id,
            "author": self._author(talk, letter.author, moderator=letter.moderator),
            "body": f'<!-- SC_OFF --><div class="md"><p>{letter.text}</p>\n</div><!-- SC_ON -->',
            "bodyMarkdown": letter.text,
            "date": stamp(letter.at),
            "isInternal": letter.internal,
            "participatingAs": "moderator" if letter.moderator else "participant_user",
        }

    def _author(self, talk: Conversation, name: str, *, moderator: bool) -> Json:
        return {
            "name": name,
            "id": int(hashlib.sha256(name.encode()).hexdigest()[:10], 16),
            "isMod": moderator,
            "isAdmin": False,
            "isOp": talk.letters[0].author == name,
            "isParticipant": name == talk.participant,
            "isHidden": False,
            "isDeleted": name in self.memory.closed,
        }
