/** Shapes of what is to be reached. All spans are seconds, all shares 0 to 1. */

import type { CountedIn } from "../parts/worked.ts"
import type { Percentile, Share, TrendStep } from "./reports.ts"
import type { Id, Time } from "./shapes.ts"

export interface GoalWording {
  who: string
  purpose: string
  metric: "median" | "p90" | "share" | "rate" | "oldest"
  within: number
  share: number
  ceiling: number
  hours: CountedIn
  deadline: string
  channel_ids: Id[]
  owner_id: Id | null
  review_weeks: number
}

/** A sentence understood. `past`: its deadline is over; `offered`: the same day when it comes again. */
export interface GoalReading {
  goal: GoalWording
  sentence: string
  past: boolean
  offered: string
}

export interface GoalPart {
  name: string
  n: number
  in_time: number
  points: number
}

/** `why`: nothing can be said, and why not. */
export interface Chance {
  why: "" | "too_few_weeks" | "too_few_asked" | "too_far" | "over" | "no_share"
  probability: number | null
  middle: number | null
  low: number | null
  high: number | null
}

export interface GoalProgress {
  state: "running" | "settling" | "met" | "missed"
  ends: Time
  settles: Time
  start: Time
  end: Time
  n: number
  without_hours: number
  share: Share
  wanted: number
  percentile: Percentile
  met_now: boolean
  pace: number
  weekly: number
  oldest: number | null
  ceiling_broken: boolean
  weeks: TrendStep[]
  chance: Chance
  spans: { came: number; of: number } | null
  cuts: Record<"channel" | "kind" | "hour" | "language" | "team" | "agent", GoalPart[]>
}

export interface Goal {
  id: Id
  version: number
  sentence: string
  wording: GoalWording
  baseline: { start: Time; end: Time; n: number; share: Share; percentile: Percentile }
  as_of: Time
  zone: string
  missions: string[]
  progress: GoalProgress
  editions: { version: number; sentence: string; made_at: Time; made_by: Id | null }[]
}

/** Of these days of every week, 0 for Monday; times of the workspace's own day. */
export interface AddedHours {
  days: number[]
  start: string
  end: string
}

/** The last weeks told again, at best, with `hours` more in each. `more`: of `n` people, in time who were not. */
export interface WhatIf {
  hours: number
  per_hour: number
  worked_hours: number
  n: number
  more: number
  share: Share
  share_then: Share
  percentile: Percentile
  percentile_then: Percentile
  met: boolean
}
