"""What whoever writes wears as a contact goes with what they wrote, where policies look at it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from inbox.desk import wearing
from inbox.flow.scene import Again, Scene
from inbox.sla import facts as f
from inbox.sla.facts import AnyFact


async def dress(scene: Scene, named: Collection[str]) -> None:
    """Say with each item of this batch which of these tags its author wears. Raises Again while somebody changes it."""
    authors = {str(letter.id): letter.identity_id for letter in scene.letters.values() if letter.identity_id}
    asked = [fact.item for fact in scene.facts if isinstance(fact, f.Written | f.Edited) and fact.item in authors]
    if not asked:
        return
    people = sorted({authors[item] for item in asked})
    worn = await wearing.of_held(scene.connection, scene.workspace_id, people, named)
    if worn is None:
        raise Again

    def dressed(fact: AnyFact) -> AnyFact:
        who = authors.get(fact.item) if isinstance(fact, f.Written | f.Edited) else None
        tags = worn.get(who) if who else None
        return msgspec.structs.replace(fact, contact_tags=tuple(sorted(tags))) if tags else fact

    scene.facts = [dressed(fact) for fact in scene.facts]
