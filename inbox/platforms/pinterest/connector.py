"""Pinterest, as every platform is: what it can do, which is little, and how it hears."""

from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from inbox.platforms.base import (
    Account,
    App,
    Capabilities,
    Connector,
    ErrorClass,
    Field,
    Grant,
    Incoming,
    Kind,
    OAuth,
    Others,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Refused,
    Seen,
    Step,
)
from inbox.platforms.pinterest import accounts, pins, polling
from inbox.platforms.pinterest.api import Api

DEVELOPERS = "https://developers.pinterest.com/apps/"


class Pinterest(Connector):
    """Counts the comments below our own pins, and says so when there are more."""

    name = "pinterest"
    title = "Pinterest"
    others: ClassVar[Others] = Others(note="Pinterest's API gives no comments, only counts of one's own pins.")
    profile = "https://www.pinterest.com/{handle}/"
    capabilities = Capabilities(
        hears=["poll"],
        kinds=[Kind.COMMENT],
        actions={Kind.COMMENT: []},
        text_limits={},
        limits=[
            "Pinterest lets no program read or write comments, mentions or messages: Earshot sees only how many "
            "comments each pin has.",
            "More comments than before become one task with a link to the pin; the answer is written on Pinterest.",
            "Who wrote, what and when is not told: the waiting counts from when Earshot saw the number rise.",
            "Pinterest counts our own answers as comments too, so an answer there may bring another task.",
            "Counts lag behind, at times by a day; pins from before 20 March 2023 have them only if they are videos or "
            "idea pins.",
            "What was there before connecting is not told, and a deleted comment makes no task.",
        ],
        edits_in=False,
        deletes_in=False,
        back_fill_days=0,
    )
    fields: ClassVar[list[Field]] = [
        Field("access_token", "Access token", secret=True, help="From the app's page for developers; it holds a day."),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://api.pinterest.com/v5",
        "auth_url": "https://www.pinterest.com/oauth/",
        "ad_account_id": "",
        "continuous_refresh": True,
        "page_size": 250,
        "poll_minutes": 15,
        "remaining_header": "x-ratelimit-remaining",
        "reset_header": "x-ratelimit-reset",
    }
    oauth = OAuth(scopes=accounts.SCOPES)
    steps: ClassVar[list[Step]] = [
        Step(
            "An app at Pinterest",
            "With a business account, ask for an app and say what it is for; Pinterest answers within days. Trial "
            "access is enough to count one's own pins.",
            url=DEVELOPERS,
        ),
        Step(
            "The app in Earshot",
            "Copy App ID and App secret key, and add the redirect address shown here to the app's redirect links.",
            Seen.APP,
            DEVELOPERS,
        ),
        Step("Sign in", "Somebody who may use the account signs in and permits what is asked for.", Seen.CONNECTED),
        Step("What is permitted", "Earshot looks whether the pins are counted.", Seen.GRANTED),
        Step(
            "The first count",
            "Earshot counts every pin once, silently. From then on more comments become a task.",
            Seen.HEARD,
        ),
    ]

    def normalise(self, payload: Any) -> list[Incoming]:
        """A rise of a pin's comments, as the poll noted it."""
        return pins.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of our pins with their counts."""
        return await polling.poll(self._api(http, account), cursor)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """There is nothing to ask for."""
        return Refused(ErrorClass.INVALID, pins.NO_WAY)

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By the account itself and its newest pin."""
        return await accounts.check(self._api(http, account))

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """Another pair of tokens."""
        return await accounts.refresh(http, account, {**self.settings, **account.settings})

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """Pinterest's consent page."""
        return accounts.authorise(app, redirect_uri, state, {**self.settings, **settings})

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
        return await accounts.grant(http, app, code, redirect_uri, {**self.settings, **settings})

    def _api(self, http: httpx.AsyncClient, account: Account) -> Api:
        return Api(http, account, {**self.settings, **account.settings})
