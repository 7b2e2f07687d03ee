/** The verbs on people. */

import type { Contact } from "../api/contacts.ts"
import type { Id } from "../api/shapes.ts"
import { shortName, t } from "../ui/text.ts"
import { complain } from "./actions.ts"
import { desk } from "./desk.svelte.ts"
import { undo } from "./undo.svelte.ts"

export async function merge(kept: Contact, other: Contact): Promise<boolean> {
  try {
    const merged = await desk.api.merge(kept.id, other.id)
    await desk.store.reloadPeople(merged.contact_ids)
    const made = merged.merges.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1)
    if (made) undo.offer(t("said.merged", { name: shortName(other.name) }), () => void split(merged, made.id))
    return true
  } catch (problem) {
    complain(problem)
    return false
  }
}

export async function split(person: Contact, merge: Id): Promise<void> {
  try {
    await desk.api.split(person.id, merge)
    await desk.store.reloadPeople(person.contact_ids)
  } catch (problem) {
    complain(problem)
  }
}
