/** Which conversations belong to a view, and in what order: the same answers the server's list gives. Pure. */

import type { Conversation, Id, Kind } from "../api/shapes.ts"

/** All of it must hold. `q`: how a name or handle begins; `minutes`: somebody has waited so long; `priority`: at least. */
export interface Filter {
  view: string
  channel?: Id
  team?: Id
  kind?: Kind
  post?: Id
  q?: string
  platform?: string
  tag?: readonly string[]
  assignee?: string // me, nobody, or an id
  language?: string
  waiting?: boolean
  minutes?: number
  priority?: number
  text?: string
}

/** What a list can be narrowed to, in the order in which it is written. */
export const PARTS = ["channel", "team", "kind", "post", "platform", "tag", "assignee", "q", "language", "waiting", "minutes", "priority", "text"] as const
export type Part = (typeof PARTS)[number]

/** A filter as an address has it. */
export function filterOf(view: string, query: URLSearchParams): Filter {
  const filter: Record<string, unknown> = { view }
  for (const part of PARTS) {
    const value = query.get(part)
    if (!value) continue
    if (part === "tag") filter[part] = query.getAll(part)
    else if (part === "waiting") filter[part] = value === "true"
    else if (part === "minutes" || part === "priority") filter[part] = Number(value) || 0
    else filter[part] = value
  }
  return filter as unknown as Filter
}

export function queryOf(filter: Filter): URLSearchParams {
  const query = new URLSearchParams()
  for (const part of PARTS) for (const value of [filter[part] ?? []].flat()) if (value) query.append(part, String(value))
  return query
}

export interface Key {
  rank: number
  id: Id
}

/** A name under which equal filters meet. */
export function nameOf(filter: Filter): string {
  return `${filter.view}?${queryOf(filter)}`
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
  resolved: (row) => row.status === "resolved" && !row.is_spam,
  spam: (row) => row.is_spam ?? false,
  imported: (row) => row.imported,
  held: (row) => row.held > 0,
  risk: (row) => row.risk > 0,
}

function isActive(row: Conversation): boolean {
  return row.status === "open" || row.status === "pending"
}

/** Whether the row alone tells if it belongs; else (search, sent, problems) only the server can say. */
export function isJudgedHere(filter: Filter): boolean {
  return !filter.q && !isAboutWords(filter) && filter.view in judges
}

/** Whether anything that is written may bring a conversation in. */
export function isAboutWords(filter: Filter): boolean {
  return Boolean(filter.text || filter.language)
}

/** Whether this conversation belongs to the view, for a view that `isJudgedHere`. */
export function belongs(filter: Filter, row: Conversation, reader: Reader): boolean {
  if (filter.team && row.team_id !== filter.team) return false
  if (filter.channel && row.channel_id !== filter.channel) return false
  if (filter.kind && row.kind !== filter.kind) return false
  if (filter.post && row.post?.id !== filter.post) return false
  if (filter.platform && row.platform !== filter.platform) return false
  if (filter.tag?.some((tag) => !row.tags.includes(tag))) return false
  if (filter.assignee && (row.assignee_id ?? "nobody") !== (filter.assignee === "me" ? reader.me : filter.assignee)) return false
  if ((filter.waiting || filter.minutes) && !row.waiting_since) return false
  if (filter.minutes && Date.now() - Date.parse(row.waiting_since!) < filter.minutes * 60_000) return false
  if (filter.priority && row.priority < filter.priority) return false
  return judges[filter.view]?.(row, reader) ?? false
}

// The server's own numbers: what is due stands before whoever just waits, and who waits before everybody else.
const NOTHING_DUE = 5_000_000_000
const NOBODY_WAITS = 100_000_000_000

/** Where the row stands: what is due first, then the longest waiting, then what moved last. At risk: by the promise. */
export function keyOf(row: Conversation, view: string): Key {
  if (view === "risk") return { rank: row.due_at ? micros(row.due_at) : Infinity, id: row.id }
  const rank = !row.waiting_since
    ? NOBODY_WAITS - micros(row.last_message_at) / 1_000_000
    : (row.due_at ? micros(row.due_at) : NOTHING_DUE * 1_000_000 + micros(row.waiting_since)) / 1_000_000
  return { rank, id: row.id }
}

export function compare(a: Key, b: Key): number {
  return a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
