/** Shapes of what is promised, and of the hours it counts in. */

import type { Conversation, Id, Kind, Person, Time } from "./shapes.ts"

export interface Opening {
  opens: string // as 09:00
  closes: string // to 24:00
}

/** What holds from a day on; `since` null: always. `week`: Monday first. `days`: single dates instead; none: closed. */
export interface Hours {
  since: string | null
  zone: string
  week: Opening[][]
  days: Record<string, Opening[]>
}

export type WantedHours = Omit<Hours, "since"> & { name: string }

export interface Calendar {
  id: Id
  name: string
  version: number
  versions: Hours[]
  channel_ids: Id[] // whose own these are
  in_use: boolean
}

export interface Target {
  text: string
  seconds: number
  business: boolean
}

export interface Policy {
  id: Id
  name: string
  version: number
  channel_ids: Id[]
  platforms: string[]
  kinds: Kind[]
  tags: string[]
  priority: number
  languages: string[] // codes such as pt
  contact_tags: string[] // of whoever writes
  first: Target | null
  next: Target | null
  resolution: Target | null // of all that somebody waits in one case
  calendar_id: Id | null
}

/** Codes such as pt: in which somebody wrote here, and others that there are. */
export interface Languages {
  seen: string[]
  known: string[]
}

export interface Policies {
  version: number
  valid_from: Time | null
  includes_waiting: boolean
  policies: Policy[]
}

/** A policy as it is written; `id` null: a new one. */
export type WantedPolicy = Omit<Policy, "id" | "version" | "first" | "next" | "resolution"> & { id: Id | null; first: string; next: string; resolution: string }

/** Somebody who waits and would be promised something else. `risk`: 2 late, 1 at risk; `is_new`: not so today. */
export interface Touched {
  conversation: Conversation
  person: Person
  waits_since: Time
  due_before: Time | null
  due: Time | null
  risk: number
  is_new: boolean
}

/** What policies would change for who waits. `is_everybody` false: only as many as `waiting` were looked at. */
export interface PolicyTrial {
  at: Time
  waiting: number
  is_everybody: boolean
  changed: number
  late: number
  at_risk: number
  earlier: number
  later: number
  promised: number
  released: number
  people: Touched[]
}
