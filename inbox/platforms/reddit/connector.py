"""Reddit, as every platform is: what it can do, how it hears, how it answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import httpx

from inbox.platforms.base import (
    Account,
    Action,
    App,
    Author,
    Capabilities,
    Connector,
    Field,
    Grant,
    Incoming,
    Kind,
    Known,
    Look,
    Lookup,
    OAuth,
    Others,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Retention,
    Seen,
    Signal,
    Step,
)
from inbox.platforms.reddit import (
    checking,
    looking,
    normalising,
    polling,
    rereading,
    sending,
    showing,
    signing,
    sweeping,
)
from inbox.platforms.reddit.api import Api

PUBLIC = [Action.REPLY, Action.PRIVATE_REPLY, Action.HIDE, Action.UNHIDE, Action.DELETE]


class Reddit(Connector):
    """Mentions, answers, private messages, modmail and watched subreddits of one account, heard by asking."""

    name, title = "reddit", "Reddit"
    others: ClassVar[Others] = Others(
        note="Reddit shows public threads to any app, but Earshot does not read those of other accounts yet."
    )
    profile = "https://www.reddit.com/user/{handle}"
    lookup = Lookup.WEAK
    capabilities: ClassVar[Capabilities] = Capabilities(
        hears=["poll"],
        kinds=[Kind.DM, Kind.COMMENT, Kind.MENTION],
        actions={Kind.DM: [Action.DM], Kind.COMMENT: PUBLIC, Kind.MENTION: PUBLIC},
        text_limits=sending.LIMITS,
        limits=[
            "Reddit calls nobody: everything is found by asking, within the 100 calls a minute that one app has.",
            "Chat has no public interface: private messages are read and sent through the bridge that Reddit keeps"
            " from the old messages to Chat, and it may end.",
            "Removing and approving works only in subreddits that this account moderates.",
            "Only our own comments can be deleted; private messages and modmail cannot be taken back.",
            "Votes are not offered: Reddit wants them cast by people in its own app.",
            "A mention is heard in comments; in posts only where a watch of the subreddit or its words finds it.",
            "What is written below a mention without naming or answering us is heard for the newest mentions alone, as"
            " many as the setting follow says.",
            "Reddit lists no more than about 1,000 things back: of a busy subreddit more than that between two looks"
            " is lost.",
            "Moderators' internal notes in modmail are not shown.",
            "Replies leave as text; pictures cannot be sent.",
            "Edits and deletions are told to nobody: the newest hundred things heard are looked at again every minute,"
            " everything held once a day.",
        ],
        signals={kind: [Signal.SEEN] for kind in (Kind.DM, Kind.COMMENT, Kind.MENTION)},
        retention=Retention(
            reread=timedelta(hours=24),
            note="Reddit wants what is deleted there gone here within 48 hours, so everything held is looked at again"
            " every day.",
        ),
        back_fill_days=sweeping.BACK_FILL_DAYS,
    )
    fields: ClassVar[list[Field]] = [
        Field(
            "refresh_token",
            "Refresh token",
            secret=True,
            help="Only to connect without signing in: of a permanent sign-in through the app named below.",
        ),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://oauth.reddit.com",
        "auth_url": "https://www.reddit.com",
        "user_agent": "web:earshot:1.0 (by /u/{name})",
        "poll_seconds": 10,
        "tend_seconds": 60,
        "watch": [],
        "moderates": [],
        "own_posts": True,
        "follow": 5,
        "modmail_state": "all",
        "hide_moderator_name": False,
        "subject": "A message from u/{name}",
        "error_classes": {},
    }
    oauth: ClassVar[OAuth | None] = OAuth(scopes=list(signing.SCOPES))
    steps: ClassVar[list[Step]] = [
        Step(
            "Ask Reddit for access",
            "Commercial use of the Data API needs an agreement with Reddit: apply before you rely on this channel.",
            url="https://support.reddithelp.com/hc/en-us/requests/new",
        ),
        Step(
            "Make an app",
            "On Reddit: preferences, apps, create an app of the type “web app”. The redirect address is the one that"
            " Settings shows. Type its id and secret here.",
            seen=Seen.APP,
            url="https://www.reddit.com/prefs/apps",
        ),
        Step(
            "Sign in",
            "Sign in as the account that answers, and allow what is asked for. Its moderators' powers come with it.",
            seen=Seen.CONNECTED,
        ),
        Step(
            "Name your subreddits",
            "In the channel's settings: moderates, the subreddits whose modmail and posts you tend; watch, those where"
            " people talk about you, with the words to look for.",
        ),
        Step(
            "See that nothing is missing",
            "The check says here which permission is not granted and which subreddit cannot be read.",
            seen=Seen.GRANTED,
        ),
        Step(
            "Hear the first word",
            "Let somebody name the account in a comment: it appears within seconds.",
            seen=Seen.HEARD,
        ),
    ]

    # The road in

    def normalise(self, payload: Any) -> list[Incoming]:
        """Listings, modmail and things looked at again."""
        return normalising.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of the inbox, of our own writing, of a watch or of modmail."""
        return await polling.poll(self._api(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """By /api/info."""
        return await showing.reading(rereading.reread(self._api(http, account), items))

    # The road out

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._api(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """By place, words and time; by the state itself for removing and deleting."""
        return await looking.look(self._api(http, account), outgoing)

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        """Mark as read in Reddit's own inbox: the person is not told."""
        if signal is Signal.SEEN:
            await showing.reading(showing.seen(self._api(http, account), thread, message))

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By /api/v1/me, what was granted, and the subreddits of the settings."""
        return await checking.check(http, account, {**self.settings, **account.settings})

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Picture and title of somebody, by name."""
        return await checking.person(self._api(http, account), external_id)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """A new access token, by the refresh token."""
        return await signing.refresh(http, account, {**self.settings, **account.settings})

    # Signing in at the platform

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """Permanent access. Reddit binds no code to a verifier."""
        return signing.authorise(app, redirect_uri=redirect_uri, state=state, settings={**self.settings, **settings})

    async def grant(
        self,
        http: httpx.AsyncClient,
        app: App,
        *,
        code: str,
        verifier: str,
        redirect_uri: str,
        settings: Mapping[str, Any],
    ) -> list[Grant]:
        """The account that signed in."""
        known = {**self.settings, **settings}
        return await signing.grant(http, app, code=code, redirect_uri=redirect_uri, settings=known)

    def _api(self, http: httpx.AsyncClient, account: Account) -> Api:
        return Api(http, account, {**self.settings, **account.settings})
