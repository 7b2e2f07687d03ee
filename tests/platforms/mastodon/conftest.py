"""What these tests may ask for: a simulated Mastodon that listens, with our connector connected to it."""

from tests.platforms.mastodon.house import network as network
from tests.platforms.mastodon.house import shop as shop
