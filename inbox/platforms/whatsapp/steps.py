"""How a person connects a number, as Settings leads through it. README.md tells the same at length."""

from inbox.platforms.base import Seen, Step
from inbox.platforms.whatsapp.checking import SCOPES
from inbox.platforms.whatsapp.webhooks import FIELDS

APPS = "https://developers.facebook.com/apps"
SYSTEM_USERS = "https://business.facebook.com/settings/system-users"

STEPS = [
    Step(
        "Make an app at Meta",
        "Make an app of the type Business and add the product WhatsApp. It comes with a test number; your own is "
        "added under WhatsApp > API Setup. A number that is used in WhatsApp's own app stays there if you connect it "
        "as a coexistence number.",
        url=APPS,
    ),
    Step(
        "Store the app here",
        "Copy App ID and App Secret from the app's page App settings > Basic, and make up a verify token.",
        Seen.APP,
        APPS,
    ),
    Step(
        "Let Meta find this Earshot",
        "In WhatsApp > Configuration give the callback address shown here and your verify token, and subscribe: "
        f"{', '.join(FIELDS)}.",
        Seen.HANDSHAKE,
        APPS,
    ),
    Step(
        "Make a token that does not end",
        "In the business settings make a system user, give it the app and the WhatsApp account with full control, and "
        f"generate a token with {' and '.join(SCOPES)}.",
        url=SYSTEM_USERS,
    ),
    Step(
        "Connect the number",
        "Paste the phone number id, the business account id and the token; both ids stand in WhatsApp > API Setup.",
        Seen.CONNECTED,
    ),
    Step("See that everything is granted", "What is missing is said in Channel health.", Seen.GRANTED),
    Step(
        "See that the business account tells the app",
        "Earshot subscribes it by itself, and says so if WhatsApp does not let it.",
        Seen.LISTENING,
    ),
    Step("Hear something", "Write to the number: it appears in the inbox within seconds.", Seen.HEARD),
]
