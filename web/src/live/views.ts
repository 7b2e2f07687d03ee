/** Which conversations belong to a view, and in what order: the same answers the server's list gives. Pure. */

import type { Conversation, Id, Kind } from "../api/shapes.ts"

export interface Filter {
  view: string
  channel?: Id
  team?: Id
  kind?: Kind
  q?: string
}

export interface Key {
  rank: number
  id: Id
}

/** A name under which equal filters meet. */
export function nameOf(filter: Filter): string {
  return [filter.view, filter.channel ?? "", filter.team ?? "", filter.kind ?? "", filter.q ?? ""].join("|")
}

/** Microseconds since 1970, exact in a double until 2255: the server's instants are finer than a Date. */
export function micros(time: string): number {
  const fraction = /\.(\d+)/.exec(time)
  if (!fraction) return Date.parse(time) * 1000
  const digits = fraction[1]!.padEnd(6, "0").slice(0, 6)
  return Date.parse(time.replace(fraction[0], "")) * 1000 + Number(digits)
}

/** Who looks, and who is of which team. */
export interface Reader {
  me: Id
  teams: { get(id: Id): { member_ids: readonly Id[] } | undefined }
}

const judges: Record<string, (row: Conversation, reader: Reader) => boolean> = {
  mine: (row, { me }) => isActive(row) && row.assignee_id === me,
  unassigned: (row) => isActive(row) && row.assignee_id === null,
  teams: (row, { me, teams }) =>
    isActive(row) && row.team_id !== null && (teams.get(row.team_id)?.member_ids.includes(me) ?? false),
  open: (row) => isActive(row),
  snoozed: (row) => row.status === "snoozed",
  resolved: (row) => row.status === "resolved",
  imported: (row) => row.imported,
  held: (row) => row.held > 0,
}

function isActive(row: Conversation): boolean {
  return row.status === "open" || row.status === "pending"
}

/** Whether the row alone tells if it belongs; else (search, sent, problems) only the server can say. */
export function isJudgedHere(filter: Filter): boolean {
  return !filter.q && filter.view in judges
}

/** Whether this conversation belongs to the view, for a view that `isJudgedHere`. */
export function belongs(filter: Filter, row: Conversation, reader: Reader): boolean {
  if (filter.team && row.team_id !== filter.team) return false
  if (filter.channel && row.channel_id !== filter.channel) return false
  if (filter.kind && row.kind !== filter.kind) return false
  return judges[filter.view]?.(row, reader) ?? false
}

const NOBODY_WAITS = 100_000_000_000 // the server's own number: whoever waits stands before everybody else

/** Where the row stands: whoever waits first, the longest waiting on top; then what moved last. */
export function keyOf(row: Conversation): Key {
  const rank = row.waiting_since
    ? micros(row.waiting_since) / 1_000_000
    : NOBODY_WAITS - micros(row.last_message_at) / 1_000_000
  return { rank, id: row.id }
}

export function compare(a: Key, b: Key): number {
  return a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
