"""The other ways to install: what they tell the processes is what the processes understand."""

import re

import yaml

from inbox.__main__ import parser
from inbox.ground.settings import Settings


def filled_in(text: str) -> str:
    """Compose's `${NAME:?why}` and `${NAME:-else}` as it would put them in."""
    text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{[A-Z_]+(?::\?[^}]*)?\}", "0123456789abcdef" * 4, text)


def test_compose_starts_commands_that_exist_with_settings_they_understand(root):
    services = yaml.safe_load(filled_in((root / "docker-compose.yml").read_text()))["services"]
    ours = {name: service for name, service in services.items() if service["image"] == "earshot"}
    assert ours.keys() == {"migrate", "web", "worker"}
    for service in ours.values():
        assert parser().parse_args(service["command"]).run
        settings = Settings.from_environment(service["environment"])
        assert settings.secure
        assert not settings.may_show_a_demo


def test_the_image_holds_every_folder_the_product_reads(root):
    copied = re.findall(r"^COPY (?:--from=\S+ )?(\S+) (\S+)$", (root / "Dockerfile").read_text(), re.MULTILINE)
    last = {target for _, target in copied[-5:]}
    assert {"inbox", "workers", "migrations", "web/dist"} <= last
