/** What one is told of: the list behind the bell. Pure, like the reducer, which tells it what the feed says. */

import type { BellNews, Conversation, FeedEvent, Id, Notification, NotificationPage } from "../api/shapes.ts"
import { Rows } from "./rows.ts"

/** `items`: the newest first. `about`: the conversations they name, as they were last heard of. */
export interface Bell {
  items: readonly Notification[]
  about: Rows<Conversation>
  unread: number
  asOf: number // the number of the feed it is as of: what is told again later is older
  loaded: boolean
  next: string | null
}

export const silent: Bell = { items: [], about: new Rows(), unread: 0, asOf: -1, loaded: false, next: null }

/** What an event says to the bell; also names that changed, and conversations that are ours no more. */
export function rung(bell: Bell, event: FeedEvent): Bell {
  let next = bell
  if (event.conversation && (event.bell?.notification || bell.about.has(event.conversation.id)))
    next = { ...next, about: next.about.with(event.conversation.id, event.conversation) }
  if (event.forget && bell.about.has(event.forget)) next = { ...next, about: next.about.without(event.forget) }
  return event.bell && event.seq > bell.asOf ? { ...told(next, event.bell), asOf: event.seq } : next
}

/** The answer of a door that marked something read, or the same from the feed. */
export function told(bell: Bell, news: BellNews): Bell {
  let items = bell.items
  if (news.notification) items = withOne(items, news.notification)
  const until = news.read_until
  if (until) {
    const at = Date.parse(until)
    const isMeant = (one: Notification): boolean =>
      !one.read_at && Date.parse(one.at) <= at && (!news.read_in || one.conversation_id === news.read_in)
    items = items.map((one) => (isMeant(one) ? { ...one, read_at: until } : one))
  }
  return { ...bell, items, unread: news.unread }
}

/** The list as the server has it: from the top, or what follows what is known. */
export function listed(bell: Bell, page: NotificationPage, fresh: boolean): Bell {
  const items = page.items.reduce(withOne, fresh ? [] : bell.items)
  const about = page.conversations.reduce((all, row) => all.with(row.id, row), fresh ? new Rows<Conversation>() : bell.about)
  return { items, about, unread: page.unread, asOf: page.as_of, loaded: true, next: page.next }
}

function withOne(items: readonly Notification[], one: Notification): readonly Notification[] {
  const known = items.find((other) => other.id === one.id)
  if ((known && known.version >= one.version) || !one.in_app) return items
  return [one, ...items.filter((other) => other.id !== one.id)].sort(byAge)
}

function byAge(a: Notification, b: Notification): number {
  return Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? 1 : -1)
}

/** Those about this conversation that are unread. */
export function unreadIn(bell: Bell, conversation: Id): readonly Notification[] {
  return bell.items.filter((one) => one.conversation_id === conversation && !one.read_at)
}
