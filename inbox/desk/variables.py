"""The gaps in a text that is kept to be written again: {{contact.first_name|there}}. Pure.

They are filled where the text is put into the composer, so that whoever sends it has read it as it goes out; here it is
only seen to that there is no gap which nothing could fill. web/src/parts/variables.ts fills them.
"""

from __future__ import annotations

import re

from inbox.ground.errors import Invalid

NAMES = (
    "contact.first_name",
    "contact.name",
    "contact.handle",
    "agent.first_name",
    "agent.name",
    "channel.name",
    "platform.name",
    "workspace.name",
)
GAP = re.compile(r"\{\{([^{}]*)\}\}")


def check(text: str) -> None:
    """Raises Invalid for a gap that nothing would fill."""
    for gap in GAP.finditer(text):
        name = gap[1].partition("|")[0].strip()
        if name not in NAMES:
            known = ", ".join(f"{{{{{one}}}}}" for one in NAMES)
            raise Invalid(f"There is no variable {gap[0]}. There are: {known}.", field="text")
    rest = GAP.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise Invalid("A variable stands between {{ and }}, and one of the two is missing.", field="text")
