/** Shapes of the wallboard, and how a screen on a wall asks for its numbers. Spans are seconds. */

import type { CountedIn } from "../parts/worked.ts"
import type { Fetch } from "./client.ts"
import type { Percentile } from "./reports.ts"
import type { Id, Kind, Time } from "./shapes.ts"

/** `low` to `high`: what the same hour of the `weeks` before brought. */
export interface Spike {
  n: number
  weeks: number
  low: number | null
  high: number | null
  steps: number | null
  state: "spike" | "usual" | "few" | "young"
}

/** 168 counts from Monday 00:00 on; `days`: how many Mondays to Sundays they are of. */
export interface Heat {
  first: string | null
  last: string | null
  cells: number[]
  days: number[]
}

export interface BoardChannel {
  channel_id: Id
  open: number
  snoozed: number
  bands: number[]
  oldest: Time | null
  at_risk: number
  broken: number
}

export interface Promised {
  conversation_id: Id
  channel_id: Id
  kind: Kind
  person: string
  due_at: Time
  due_for: "answer" | "resolution"
  at_risk: boolean
  assignee_id: Id | null
}

export interface Mate {
  id: Id
  name: string
  standing: "at_work" | "here" | "idle" | "away" | "gone"
  away_until: Time | null
  load: number
  capacity: number | null
}

export interface Board {
  as_of: Time
  zone: string
  channels: { id: Id; name: string; platform: string }[]
  queue: { open: number; snoozed: number; nobodys: number; bands: number[]; oldest: Time | null; channels: BoardChannel[] }
  promises: { at_risk: number; broken: number; next: Promised[]; late: Promised[] }
  today: {
    date: string
    kept: number
    missed: number
    ahead: number
    answered: number
    first_responses: number
    median: Percentile
    asked: number
    still_waiting: number
    target: { id: Id; sentence: string; metric: string; within: number; hours: CountedIn; share: number; deadline: string; n: number; in_time: number; median: Percentile } | null
  }
  crew: { present: number; away: number; load: number; held_by_absent: number; people: Mate[] }
  spikes: { start: Time; end: Time; every: Spike; channels: { channel_id: Id; spike: Spike }[] }
  heat: Heat
}

/** A link as lists show it. `url` is given once. */
export interface WallLink {
  id: Id
  name: string
  channel_ids: Id[] | null
  created_by: Id
  created_at: Time
  last_used_at: Time | null
  opens: boolean
  url: string | null
}

export interface WallPromise {
  channel: string
  platform: string
  kind: Kind
  due_at: Time
  at_risk: boolean
}

/** What a public screen shows. */
export interface Wall {
  title: string
  as_of: Time
  zone: string
  waiting: number
  snoozed: number
  nobodys: number
  bands: number[]
  oldest: Time | null
  channels: { name: string; platform: string; waiting: number; bands: number[]; at_risk: number; broken: number; spike: Spike | null }[]
  at_risk: number
  broken: number
  next: WallPromise[]
  late: WallPromise[]
  date: string
  kept: number
  missed: number
  ahead: number
  answered: number
  asked: number
  median: Percentile
  target: { metric: string; within: number; hours: CountedIn; share: number; in_time: number; n: number } | null
  present: number
  away: number
  load: number
  spike: Spike
  hour_start: Time
  hour_end: Time
  heat: Heat
}

/** The numbers; or that the link opens nothing any more; or, in seconds, when to ask again. */
export type WallAnswer = { wall: Wall } | { withdrawn: true } | { again: number }

const PATIENCE = 10_000

/** The secret goes in a header: addresses are written into logs. No cookie goes with it. */
export async function askWall(fetch: Fetch, secret: string): Promise<WallAnswer> {
  try {
    const answer = await fetch("/api/v1/wall", {
      headers: { Accept: "application/json", Authorization: `Bearer ${secret}` },
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (answer.ok) return { wall: (await answer.json()) as Wall }
    if (answer.status === 404) return { withdrawn: true }
    return { again: Number(answer.headers.get("retry-after")) || 0 }
  } catch {
    return { again: 0 }
  }
}
