/** Which conversations belong to a view, and in what order: the same answers the server's list gives. Pure. */

import type { Conversation, Id, Kind } from "../api/shapes.ts"

export interface Filter {
  view: string
  channel?: Id
  kind?: Kind
  q?: string
  order?: "waiting" | "newest"
}

export interface Key {
  rank: number
  at: number
  id: Id
}

/** A name under which equal filters meet. */
export function nameOf(filter: Filter): string {
  return [filter.view, filter.channel ?? "", filter.kind ?? "", filter.order ?? "waiting", filter.q ?? ""].join("|")
}

/** Microseconds since 1970, exact in a double until 2255: the server's instants are finer than a Date. */
export function micros(time: string): number {
  const fraction = /\.(\d+)/.exec(time)
  if (!fraction) return Date.parse(time) * 1000
  const digits = fraction[1]!.padEnd(6, "0").slice(0, 6)
  return Date.parse(time.replace(fraction[0], "")) * 1000 + Number(digits)
}

const judges: Record<string, (row: Conversation, me: Id) => boolean> = {
  mine: (row, me) => isActive(row) && row.assignee_id === me,
  unassigned: (row) => isActive(row) && row.assignee_id === null,
  open: (row) => isActive(row),
  snoozed: (row) => row.status === "snoozed",
  resolved: (row) => row.status === "resolved",
  imported: (row) => row.imported,
}

function isActive(row: Conversation): boolean {
  return row.status === "open" || row.status === "pending"
}

/** Whether the row alone tells if it belongs; else (search, sent, problems) only the server can say. */
export function isJudgedHere(filter: Filter): boolean {
  return !filter.q && filter.view in judges
}

/** Whether this conversation belongs to the view, for a view that `isJudgedHere`. */
export function belongs(filter: Filter, row: Conversation, me: Id): boolean {
  if (filter.channel && row.channel_id !== filter.channel) return false
  if (filter.kind && row.kind !== filter.kind) return false
  return judges[filter.view]?.(row, me) ?? false
}

/** Where the row stands: whoever waits first, the oldest waiting on top; then the newest activity. */
export function keyOf(filter: Filter, row: Conversation): Key {
  if ((filter.order ?? "waiting") === "waiting" && row.waiting_since)
    return { rank: 0, at: micros(row.waiting_since), id: row.id }
  return { rank: 1, at: -micros(row.last_message_at), id: row.id }
}

export function compare(a: Key, b: Key): number {
  return a.rank - b.rank || a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
