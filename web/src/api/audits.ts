/** What channels are for, and whether they are fit for it. All spans are seconds, all shares 0 to 1. */

import type { Api } from "./client.ts"
import type { Percentile, Share, TrendStep } from "./reports.ts"
import type { Id, Time } from "./shapes.ts"

/** `met`: of the people, known on another network too; `returning`: of the askers, with an earlier case here. */
export interface Sums {
  items: number
  asks: number
  imported: number
  people: number
  met: number
  askers: number
  returning: number
}

export interface Stand {
  sums: Sums
  n: number
  answered: number
  waiting: number
  median: Percentile
  p90: Percentile
  within_day: Share
  within_goal: Share | null
  response_rate: Share
  oldest_waiting: number | null
}

export type Advice = "keep" | "change" | "leave" | "too_little"
export type Decision = Exclude<Advice, "too_little">

/** A rule with the numbers it looked at; unsaid: too little is known for it. */
export interface AuditRule {
  name: string
  says: Advice
  state: "fired" | "passed" | "unsaid"
  numbers: Record<string, number | null>
}

export interface ServedGoal {
  id: Id
  sentence: string
  purpose: string
  hours: "clock" | "business"
  within: number
  wanted: number
}

export interface AuditRow {
  channel_id: Id
  platform: string
  name: string
  state: string
  mission: string
  owner_id: Id | null
  next_audit_on: string | null
  overdue: boolean
  audited_at: Time | null
  decided: Decision | null
  whole_before: boolean
  goal: ServedGoal | null
  now: Stand
  before: Stand
  verdict: { advice: Advice; rules: AuditRule[] }
}

export interface Period {
  as_of: Time
  zone: string
  first: string
  last: string
}

export interface AuditTable extends Period {
  items: AuditRow[]
}

export interface PastAudit {
  id: Id
  made_at: Time
  made_by: Id | null
  first: string
  last: string
  mission: string
  recommended: Advice
  decision: Decision
  note: string
  next_audit_on: string | null
  found: AuditRow
}

export interface ChannelAudit extends Period {
  row: AuditRow
  trend: TrendStep[]
  goals: ServedGoal[]
  past: PastAudit[]
}

export interface Mission {
  mission: string
  owner_id: Id | null
  next_audit_on: string | null
}

export interface Days extends Record<string, unknown> {
  first: string
}

export const auditTable = (api: Api, days: Days): Promise<AuditTable> => api.ask("/reports/channels", days)

export const channelAudit = (api: Api, id: Id, days: Days): Promise<ChannelAudit> => api.ask(`/reports/channels/${id}`, days)

export const auditExport = (api: Api, days: Days): string => api.file("/reports/channels/export", days)

export const keepMission = (api: Api, id: Id, mission: Mission): Promise<Mission> => api.tell("PUT", `/channels/${id}/mission`, mission)

export const recordAudit = (
  api: Api,
  id: Id,
  audit: { decision: Decision; note: string; next_audit_on: string | null; first: string; last: string },
): Promise<PastAudit> => api.tell("POST", `/reports/channels/${id}/audits`, audit)
