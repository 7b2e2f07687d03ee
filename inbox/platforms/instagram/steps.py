"""How a person connects an account, as Settings leads through it. README.md tells the same at length."""

from inbox.platforms.base import Seen, Step
from inbox.platforms.instagram.checking import SCOPES

HELP = "https://www.instagram.com/accounts/convert_to_professional_account/"
WEBHOOKS = "comments, live_comments, mentions, messages, messaging_postbacks, messaging_seen and messaging_referral"

STEPS = [
    Step(
        "Make the account a professional one",
        "Only business and creator accounts are open to apps, and apps are told nothing of what happens on a private "
        "account.",
        url=HELP,
    ),
    Step(
        "Make an app at Meta",
        "At Meta for Developers make an app of the type Business, add the product Instagram, and choose “API setup "
        "with Instagram login”. For accounts of others than the app's own people, Meta asks for App Review: weeks.",
    ),
    Step(
        "Store the app here",
        "Copy the Instagram app ID and the Instagram app secret from that page (they are not the ID and secret of the "
        "Meta app around it), and make up a verify token.",
        Seen.APP,
    ),
    Step(
        "Let Meta find this Earshot",
        "Under “Configure webhooks” give the callback address shown here and your verify token, and subscribe "
        f"{WEBHOOKS}.",
        Seen.HANDSHAKE,
    ),
    Step(
        "Allow the way back from signing in",
        "Under “Set up Instagram business login” add the redirect address shown here.",
    ),
    Step(
        "Connect the account",
        "Sign in as the account itself. Its token holds for 60 days and is renewed before it ends.",
        Seen.CONNECTED,
    ),
    Step(
        "Let the account give its messages to apps",
        "In Instagram's own settings, under messages and story replies, allow access to messages for connected tools.",
    ),
    Step(
        "See that everything is granted",
        f"Earshot needs {', '.join(SCOPES)}. What is missing is said in Channel health.",
        Seen.GRANTED,
    ),
    Step(
        "See that the account tells the app",
        "Earshot subscribes the account to the app by itself, and says so if Instagram does not let it.",
        Seen.LISTENING,
    ),
    Step(
        "Hear something",
        "Write a comment below one of the account's posts, or a message to it: it appears in the inbox within seconds.",
        Seen.HEARD,
    ),
]
