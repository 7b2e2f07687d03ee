/** The verbs on people. */

import { Problem } from "../api/client.ts"
import type { Contact, Note, Person, Value } from "../api/contacts.ts"
import type { Id } from "../api/shapes.ts"
import { shortName, t } from "../ui/text.ts"
import { complain } from "./actions.ts"
import { desk } from "./desk.svelte.ts"
import { undo } from "./undo.svelte.ts"

/** What was begun to be written about somebody, for as long as the page lives. */
export const begun = new Map<Id, string>()

/** How the page asks for somebody, by one of their accounts or by their contact. */
export async function whole(ask: () => Promise<Contact>): Promise<Person> {
  const [contact, { items: fields }] = await Promise.all([ask(), desk.api.contactFields()])
  const [notes, threads] = await Promise.all([desk.api.contactNotes(contact.id), desk.api.contactThreads(contact.id)])
  return { ...contact, fields, notes, threads }
}

/** Does it, and shows the person as they are then; whether it was done. */
async function change(person: Contact, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (problem) {
    complain(problem)
    return false
  } finally {
    await desk.store.reloadPeople(person.contact_ids)
  }
}

export const setTag = (person: Contact, tag: string, on: boolean): Promise<boolean> =>
  change(person, () => desk.api.setContactTag(person.id, tag, on))

export const fillIn = (person: Contact, field: Id, value: Value | null): Promise<boolean> =>
  change(person, () => desk.api.fillIn(person.id, field, value))

export const keepNote = (person: Contact, note: Note | null, text: string): Promise<boolean> =>
  change(person, () => desk.api.keepNote(person.id, note?.id ?? null, text))

export const dropNote = (person: Contact, note: Note): Promise<boolean> =>
  change(person, () => desk.api.dropNote(person.id, note.id))

/** `anyway`: though somebody said that they are not the same; `refused` is given the question where it is one. `back`:
 * once it was taken back. */
export async function merge(kept: Contact, other: Contact, back?: () => void, anyway = false, refused?: (why: string) => void): Promise<boolean> {
  try {
    const merged = await desk.api.merge(kept.id, other.id, anyway)
    await desk.store.reloadPeople(merged.contact_ids)
    const made = merged.merges.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1)
    if (made) undo.offer(t("said.merged", { name: shortName(other.name) }), () => void split(merged, made.id).then(back))
    return true
  } catch (problem) {
    if (refused && problem instanceof Problem && problem.code === "said_apart") refused(problem.message)
    else complain(problem)
    return false
  }
}

export async function setBlocked(person: Contact, on: boolean): Promise<void> {
  const done = await change(person, () => desk.api.setBlocked(person.id, on))
  if (done) undo.offer(t(on ? "said.blocked" : "said.unblocked", { name: shortName(person.name) }), () => void setBlocked(person, !on))
}

export const split = (person: Contact, merge: Id): Promise<boolean> =>
  change(person, () => desk.api.split(person.id, merge))
