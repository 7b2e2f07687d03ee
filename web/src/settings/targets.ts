/** Targets as somebody writes them: what is understood while they type; the server says the last word. Pure. */

import type { Policy, WantedPolicy } from "../api/sla.ts"
import { t } from "../ui/text.ts"

const WRITTEN = /^(\d{1,6}(?:[.,]\d{1,2})?)\s*(business|working|clock)?\s*([a-z]+)$/
const UNITS: Record<string, number> = { minute: 1, min: 1, m: 1, hour: 60, hr: 60, h: 60 }
const DAYS = new Set(["day", "d", "week", "month", "year"])

export interface Understood {
  isBusiness: boolean
  means: string
  trouble?: string
}

/** What a target means, or what is wrong with it; nothing of an empty one. */
export function understood(text: string): Understood | null {
  const said = text.trim().toLowerCase().replace(/\s+/g, " ")
  if (!said) return null
  const found = WRITTEN.exec(said)
  const isBusiness = found?.[2] === "business" || found?.[2] === "working"
  const unit = found?.[3]!.replace(/(?<=..)s$/, "") ?? ""
  if (DAYS.has(unit)) return { isBusiness, means: "", trouble: t("sla.no_days") }
  const minutes = found ? Number(found[1]!.replace(",", ".")) * (UNITS[unit] ?? NaN) : NaN
  if (!(minutes >= 1) || minutes % 1 !== 0) return { isBusiness, means: "", trouble: t("sla.not_a_time") }
  const [n, kind] = minutes % 60 === 0 ? [minutes / 60, "hours"] : [minutes, "minutes"]
  return { isBusiness, means: t(`sla.means.${isBusiness ? "business" : "clock"}_${kind as "hours" | "minutes"}`, { n }) }
}

/** A policy as it may be written again. */
export function written(policy: Policy): WantedPolicy {
  const { version: _, first, next, resolution, ...rest } = policy
  return { ...rest, first: first?.text ?? "", next: next?.text ?? "", resolution: resolution?.text ?? "" }
}
