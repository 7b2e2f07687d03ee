/** How the audit of a channel reads: its days, its numbers, and each rule with the numbers it looked at. */

import type { AuditRule, Days, ServedGoal, Stand } from "../api/audits.ts"
import { desk } from "../live/desk.svelte.ts"
import { router } from "../ui/router.svelte.ts"
import { localeNow, number, said, t } from "../ui/text.ts"
import { DAY, percent } from "./axis.ts"
import { isKnown, percentile, seconds } from "./spans.ts"

export const PERIODS = ["28", "90", "180", "365"]

/** A day of the workspace, so many days from now. */
export function dayFrom(days: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: desk.session?.workspace.time_zone ?? "UTC" }).format(Date.now() + days * DAY * 1_000)
}

/** What the address says. */
export function chosen(): { days: string; asked: Days } {
  const days = PERIODS.find((one) => one === router.query.get("days")) ?? "90"
  return { days, asked: { first: dayFrom(1 - Number(days)) } }
}

/** A local date as people read it; it has no zone of its own. */
export function dayName(day: string): string {
  return new Intl.DateTimeFormat(localeNow(), { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`))
}

export const of = (part: number, whole: number): string => (whole === 0 ? "–" : percent(part / whole))

/** Each figure of a channel: its name, how it stands, and whether it is a word instead of a number. */
export function figures(stand: Stand): { key: "items" | "people" | "asks" | "median" | "p90" | "day" | "waiting" | "returning" | "met"; value: string; isWord: boolean }[] {
  const { sums } = stand
  return [
    { key: "items", value: number(sums.items), isWord: false },
    { key: "people", value: number(sums.people), isWord: false },
    { key: "asks", value: of(sums.asks, sums.items), isWord: false },
    { key: "median", value: percentile(stand.median), isWord: !isKnown(stand.median) },
    { key: "p90", value: percentile(stand.p90), isWord: !isKnown(stand.p90) },
    { key: "day", value: percent(stand.within_day.value), isWord: false },
    { key: "waiting", value: number(stand.waiting), isWord: false },
    { key: "returning", value: of(sums.returning, sums.askers), isWord: false },
    { key: "met", value: of(sums.met, sums.people), isWord: false },
  ]
}

const SHARES = ["share", "high", "low", "least", "most", "wanted", "points"]
const BOTH = ["now", "before"] // people in one rule, shares in another

/** Within what time a goal wants an answer, and whether it counts opening hours alone. */
export function aimed(goal: ServedGoal): string {
  const span = seconds(goal.within)
  return goal.hours === "business" ? t("report.business_span", { span }) : span
}

/** The sentence of a rule, with its arithmetic. */
export function arithmetic(rule: AuditRule, goal: ServedGoal | null): string {
  const values: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(rule.numbers)) {
    const isShare = SHARES.includes(name) || (BOTH.includes(name) && rule.name === "slower")
    values[name] = value === null ? "–" : name === "within" ? (goal ? aimed(goal) : seconds(value)) : isShare ? percent(value) : value
  }
  const words = said("fit.rule", rule.name, values)
  return rule.state === "unsaid" ? t("fit.unsaid", { rule: words }) : words
}
