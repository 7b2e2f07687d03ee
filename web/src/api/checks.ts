/** Quick checks of what the rules said needs no reply, and how good the rules turn out to be. */

import type { Conversation, Message, Time } from "./shapes.ts"

/** One week's sample. `left`: what one can still check oneself; a week that is not over may draw more. */
export interface CheckWeek {
  first: string
  last: string
  is_over: boolean
  pile: number
  drawn: number
  gone: number
  checked: number
  left: number
}

export interface Check {
  week: string
  message: Message
  conversation: Conversation
  above: Message | null
}

export interface CheckTurn {
  items: Check[]
  weeks: CheckWeek[]
  left: number
}

/** `value`: 0 to 1; null: nobody handled any. */
export interface Precision {
  handled: number
  overruled: number
  value: number | null
}

/** `whole`: everything was checked, and nothing is left open. `misses`: estimated, of a pile of `pile`. */
export interface Recall {
  state: "known" | "no_checks" | "few_checks" | "nothing_needed"
  value: number | null
  low: number | null
  high: number | null
  whole: boolean
  weeks: number
  of_weeks: number
  asked: number
  pile: number
  checks: number
  missed: number
  misses: number
  known: number
}

export interface NeedsReplyReport {
  as_of: Time
  zone: string
  first: string
  last: string
  precision: Precision
  asked: number
  recall: Recall
  drawn: number
  least: number
  yes: { rule: string; title: string; n: number; precision: Precision }[]
  no: { rule: string; title: string; n: number; checked: number; missed: number; known: number }[]
}
