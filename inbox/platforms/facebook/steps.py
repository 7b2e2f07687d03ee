"""How a person connects a Page, as Settings leads through it. README.md tells the same at length."""

from inbox.platforms.base import Seen, Step
from inbox.platforms.facebook.checking import SCOPES, WEBHOOKS

APPS = "https://developers.facebook.com/apps"

STEPS = [
    Step(
        "Make an app at Meta",
        "Make an app of the type Business, and add the products Messenger, Webhooks and Facebook Login for Business. "
        "For Pages of others than the app's own people, Meta asks for App Review and Business Verification: weeks.",
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
        "In the app's Webhooks choose the object Page, give it the callback address shown here and your verify token, "
        f"and subscribe: {', '.join(WEBHOOKS)}.",
        Seen.HANDSHAKE,
        APPS,
    ),
    Step(
        "Allow the way back from signing in",
        "In Facebook Login > Settings add the redirect address shown here to the valid OAuth redirect URIs.",
        url=APPS,
    ),
    Step(
        "Connect the Page",
        "Sign in as somebody who manages the Page and choose it, or paste the Page's ID and its long-lived token.",
        Seen.CONNECTED,
    ),
    Step(
        "See that everything is granted",
        f"Earshot needs {', '.join(SCOPES)}. What is missing is said in Channel health.",
        Seen.GRANTED,
    ),
    Step(
        "See that the Page tells the app",
        "Earshot subscribes the Page to the app by itself, and says so if Facebook does not let it.",
        Seen.LISTENING,
    ),
    Step(
        "Require the app's proof",
        "In App settings > Advanced > Security switch “Require app secret” on: a stolen token is useless then.",
        url=APPS,
    ),
    Step(
        "Hear something",
        "Write a comment below one of the Page's posts, or a message to it: it appears in the inbox within seconds.",
        Seen.HEARD,
    ),
]
