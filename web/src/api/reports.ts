/** Shapes of the reports. All spans are seconds. */

import type { CountedIn } from "../parts/worked.ts"
import type { Id, Time } from "./shapes.ts"

export interface Percentile {
  p: number
  state: "reached" | "not_reached" | "too_early" | "too_few"
  seconds: number | null // not_reached: more than these
}

/** Of all who asked, 0 to 1, with an interval of 95 %; null: too early to say. */
export interface Share {
  within: number
  value: number | null
  low: number | null
  high: number | null
}

export interface Figures {
  n: number
  answered: number
  waiting: number
  closed_unanswered: number
  ended: number
  never_asked: number
  imported: number
  without_hours: number // by the clock, though business hours were asked for
  kept: number // of what was promised them
  broken: number
  percentiles: Percentile[]
  shares: Share[]
  response_rate: Share
  median_of_answered: Percentile
  mean_of_answered: number | null
  oldest_waiting: number | null
  curve: [seconds: number, share: number][]
}

export interface TrendStep {
  start: Time
  n: number
  answered: number
  waiting: number
  median: Percentile
  share: Share
  settled: boolean
}

export interface WaitingReport {
  as_of: Time
  zone: string
  first: string
  last: string
  measure: string
  hours: CountedIn
  hours_used: { calendar_id: Id; name: string; version: number; since: (string | null)[]; n: number }[]
  day: number // seconds of one, of the clock or of work
  step: "day" | "week"
  total: Figures
  before: Figures
  trend: TrendStep[]
  cuts: { name: string; figures: Figures }[]
}

export type Cut = "channel" | "platform" | "kind" | "team" | "agent" | "tag" | "language" | "measure" | "hour"

export interface ReportQuery {
  first?: string
  last?: string
  measure: string
  channel?: string
  hours?: CountedIn
  by?: Cut
  as_of?: Time // as it stood then
}

export interface WaitingsQuery extends ReportQuery {
  standing?: "answered" | "waiting" | "ended" | "kept" | "broken"
  part?: string // of the cut `by`
  cursor?: string
}

/** One waiting of one person. `waited`: seconds, up to now if nobody has answered. */
export interface WaitingRow {
  conversation_id: Id
  opened_at: Time
  ended_at: Time | null
  state: string
  measure: string
  kind: string
  waited: number
  due_at: Time | null
  closed_unanswered: boolean
  platform: string
  channel: string
  person: string
  agent: string
}

export interface WaitingsPage {
  items: WaitingRow[]
  next: string | null
}

/** Something that was so when a report was made, and known only later. */
export interface Change {
  what: "learnt" | "answered" | "ended" | "unanswered" | "not_asked" | "asked" | "gone" | "moved"
  conversation_id: Id | null
  opened_at: Time
  kind: string
  platform: string
  channel: string
  person: string
}

/** All `n` of them, the first as `items`; `figures`: as it stood then, with what is known now. */
export interface Learnt {
  as_of: Time
  now: Time
  n: number
  items: Change[]
  figures: Figures
}

export type Standing = "open" | "provisional" | "kept" | "broken"

/** Cases that were promised a resolution, by how they stand. `took`: median and p90 with those not resolved counted. */
export interface Resolutions extends Record<Standing, number> {
  n: number
  took: Percentile[]
  with_us: Percentile // of those resolved, as the next
  with_customer: Percentile
}

/** Which promises were kept, each kind apart. */
export interface Targets {
  as_of: Time
  answers: { measure: "first_response" | "next_response"; kept: number; broken: number }[]
  resolution: Resolutions
}

export interface ResolutionsQuery extends ReportQuery {
  standing?: Standing
  cursor?: string
}

/** One case. `allowed`, `used`: seconds of opening hours if `business`; all other spans by the clock. */
export interface ResolutionRow {
  conversation_id: Id
  opened_at: Time
  resolved_at: Time | null
  final_at: Time | null
  standing: Standing
  due_at: Time | null
  allowed: number
  business: boolean
  used: number
  with_us: number
  with_customer: number | null
  kind: string
  platform: string
  channel: string
  person: string
}

export interface ResolutionsPage {
  items: ResolutionRow[]
  next: string | null
}
