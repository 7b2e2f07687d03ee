/** What the wallboard and the screens on walls say alike. */

import type { Heat, Spike } from "../api/wallboard.ts"
import { localeNow, said, t } from "../ui/text.ts"
import { dateIn, span, timeIn } from "../ui/time.svelte.ts"
import { dayOfWeek } from "./rules.ts"
import { workedWords, type CountedIn } from "./worked.ts"

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

const percent = (share: number): string => new Intl.NumberFormat(localeNow(), { style: "percent", maximumFractionDigits: 0 }).format(share)

export const bandName = (band: number): string => said("board.band", String(band))

/** The day (1 is Monday) and the hour of an instant in a zone. */
export function hourOfWeek(time: string | number, zone: string): { day: number; hour: number } {
  const parts = new Intl.DateTimeFormat("en-US", { weekday: "short", hour: "2-digit", hourCycle: "h23", timeZone: zone }).formatToParts(new Date(time))
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? ""
  return { day: DAYS.indexOf(of("weekday")) + 1, hour: Number(of("hour")) }
}

/** How many began to wait in such an hour, on average; null where no such day is known yet. */
export function usually(heat: Heat, day: number, hour: number): number | null {
  const days = heat.days[day - 1] ?? 0
  return days > 0 ? (heat.cells[(day - 1) * 24 + hour] ?? 0) / days : null
}

/** "6 to 15", or "3" where it is always the same. */
export function rangeWords(spike: Spike): string {
  if (spike.low === null || spike.high === null) return "–"
  return spike.low === spike.high ? String(spike.low) : t("board.range", { low: spike.low, high: spike.high })
}

/** "Thursday 13:20 to 14:20". */
export function hourWords(start: string, end: string, zone: string): string {
  return t("board.hour", { day: dayOfWeek(hourOfWeek(start, zone).day, "long"), from: timeIn(start, zone), to: timeIn(end, zone) })
}

/** The arithmetic of a spike, as one would say it. */
export function spikeWords(spike: Spike, where: string, hour: string): string {
  return t("board.spike_says", { count: spike.n, where, hour, range: rangeWords(spike), n: spike.weeks })
}

export function verdictWords(spike: Spike): string {
  return spike.state === "young" ? t("board.verdict.young", { n: spike.weeks }) : t(`board.verdict.${spike.state}`)
}

/** The goal beside a median of today: what it may be, or how many were in time. */
export function goalWords(goal: { metric: string; within: number; hours: CountedIn; share: number; in_time: number; n: number }): string {
  const within = goal.hours === "business" ? workedWords(goal.within) : span(goal.within * 1_000)
  if (goal.metric === "median") return t("board.goal", { span: within })
  return t("board.goal_share", { share: percent(goal.share), span: within, done: goal.in_time, n: goal.n })
}

/** How much time a promise has left, or had. */
export function countdown(one: { due_at: string; at_risk: boolean }, now: number): { words: string; tone: "bad" | "warn" | "" } {
  const left = Date.parse(one.due_at) - now
  if (left <= 0) return { words: t("board.over", { span: span(-left) }), tone: "bad" }
  return { words: t("board.left", { span: span(left) }), tone: one.at_risk ? "warn" : "" }
}

/** When it ends, in a zone: the time, and of another day its name too. */
export function dueWords(due: string, now: number, zone: string): string {
  const time = timeIn(due, zone)
  return dateIn(due, zone) === dateIn(new Date(now).toISOString(), zone) ? time : `${dayOfWeek(hourOfWeek(due, zone).day)} ${time}`
}
