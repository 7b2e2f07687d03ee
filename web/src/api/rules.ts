/** Rules as they go over the wire. */

import type { Conversation, Id, Message, Time } from "./shapes.ts"

export type Tree =
  | { type: "all" | "any"; of: readonly Tree[] }
  | { type: "not"; of: Tree }
  | { type: "is"; condition: string; values?: readonly string[] }

export interface Act {
  action: string
  value?: string
}

/** A dry run of one edition. `days`: how often on which day, of those on which it would have fired. */
export interface Trial {
  id: Id
  edition: number
  state: "due" | "done" | "failed"
  since: Time
  looked: number
  fired: number
  days: Record<string, number>
  asked_at: Time
  done_at: Time | null
}

/** When, if, then: what a person writes. */
export interface Wording {
  title: string
  trigger: "message" | "tagged" | "waiting" | "at_risk" | "breached" | "resolution_at_risk" | "resolution_breached"
  tag: string
  minutes: number
  conditions: Tree
  actions: Act[]
  stop: boolean
}

/** `running`: the edition that is switched on; null: none. */
export interface Rule extends Wording {
  id: Id
  version: number
  position: number
  edition: number
  running: number | null
  on_since: Time | null
  off_reason: string
  fired: number
  fired_at: Time | null
  trial: Trial | null
  updated_at: Time
  removed?: boolean
}

export interface Sample {
  at: Time
  conversation: Conversation
  message: Message | null
}

/** What a condition or an action takes, and from what it is chosen. */
export interface Term {
  name: string
  takes: string
  choices?: string[]
  range?: [number, number]
}

export interface Vocabulary {
  triggers: Wording["trigger"][]
  conditions: Term[]
  actions: Term[]
  webhooks: { id: Id; host: string; on: boolean }[]
}

export interface Verdict {
  rule_id: Id
  title: string
  what: "fired" | "no" | "stopped" | "before" | "too_deep"
  conditions: Tree
  found: [held: boolean, seen: string][]
  failed: string[]
}

export interface Look {
  id: Id
  at: Time
  trigger: Wording["trigger"]
  message_id: Id | null
  verdicts: Verdict[]
}
