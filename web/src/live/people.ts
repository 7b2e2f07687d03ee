/** Who waits in a conversation, from what is known of it. Pure. */

import type { Conversation, Id, Message, Waiting } from "../api/shapes.ts"
import { micros } from "./views.ts"

/** Whether nobody has answered this item; closed unanswered or not, an answer may still cover it. */
export function isUnanswered(message: Message): boolean {
  return message.direction === "in" && message.needs_reply && !message.answered && message.deleted_at === null
}

/** Whether its author still waits: nobody does who wrote before the oldest waiting, as after a close unanswered. */
export function waits(message: Message, row: Conversation): boolean {
  return isUnanswered(message) && row.waiting_since !== null && micros(message.at) >= micros(row.waiting_since)
}

/** Whoever an item comes from; somebody the platform does not name is only themselves. */
export function authorOf(message: Message): Id {
  return message.author?.identity_id ?? message.id
}

/** Everybody who waits, the longest first: from the messages at hand, and from the last load for older ones. */
export function waitingIn(row: Conversation, messages: readonly Message[], loaded: readonly Waiting[]): Waiting[] {
  if (row.waiting_since === null) return []
  const here = new Set(messages.map((message) => message.id))
  const people = new Map<Id, Waiting>()
  for (const one of loaded) if (!here.has(one.item_id)) people.set(one.person.identity_id ?? one.item_id, one)
  for (const message of messages) {
    if (!waits(message, row) || !message.author) continue
    const known = people.get(authorOf(message))
    if (known && micros(known.since) <= micros(message.at)) continue
    people.set(authorOf(message), { person: message.author, since: message.at, item_id: message.id })
  }
  return [...people.values()].sort((a, b) => micros(a.since) - micros(b.since))
}

/** What an answer to this item covers: everything shown that its author still waits with. */
export function coveredBy(item: Message, messages: readonly Message[]): Id[] {
  return messages.filter((other) => isUnanswered(other) && authorOf(other) === authorOf(item)).map((other) => other.id)
}
