"""What the tests of all of Meta's networks need besides."""

from inbox.platforms.base import App
from inbox.platforms.meta.simulator_network import MetaNetwork


def app_of(network: MetaNetwork) -> App:
    """Our app there, as the vendor knows it."""
    return App(id=network.app_id, platform=network.name, secrets=network.secrets, verify_token=network.verify_token)
