"""How a person connects an account, as Settings leads through it. README.md tells the same at length."""

from inbox.platforms.base import Seen, Step
from inbox.platforms.threads.accounts import SCOPES

STEPS = [
    Step(
        "Make an app at Meta",
        "At Meta for Developers make an app with the use case “Access the Threads API”, and add the permissions "
        f"{', '.join(SCOPES)}. For webhooks, and for accounts of others than the app's own testers, Meta asks for App "
        "Review: weeks.",
    ),
    Step(
        "Store the app here",
        "Copy the Threads app ID and the Threads app secret from that page (they are not the ID and secret of the Meta "
        "app around it), and make up a verify token.",
        Seen.APP,
    ),
    Step(
        "Let Meta find this Earshot",
        "Under Webhooks choose “Moderate”, give the callback address shown here and your verify token, and subscribe "
        "replies and mentions, and publish and delete if they are offered.",
        Seen.HANDSHAKE,
    ),
    Step(
        "Allow the way back from signing in",
        "In the settings of the use case add the redirect address shown here to the redirect callback URLs.",
    ),
    Step(
        "Connect the account",
        "Sign in as the account itself, which has to be a public one. Its token holds for 60 days and is renewed "
        "before it ends.",
        Seen.CONNECTED,
    ),
    Step(
        "See that it may answer",
        "Channel health says how many replies are left, or that the permission is missing.",
        Seen.GRANTED,
    ),
    Step(
        "Hear something",
        "Reply to one of the account's posts from another account: it appears in the inbox.",
        Seen.HEARD,
    ),
]
