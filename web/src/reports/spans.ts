/** Figures of a report as people read them. */

import type { Percentile, Share } from "../api/reports.ts"
import { worked, workedWords, type CountedIn } from "../parts/worked.ts"
import { t } from "../ui/text.ts"
import { span } from "../ui/time.svelte.ts"
import { DAY, HOUR } from "./axis.ts"

/** "40 s", "2 h 05"; whole hours without their minutes. Business time never in days. */
export function seconds(value: number, hours: CountedIn = "clock"): string {
  if (hours === "business") return worked(value)
  return value >= HOUR && value % HOUR === 0 && value <= DAY ? t("span.hours", { n: value / HOUR }) : span(value * 1_000)
}

/** "3 h 10", "more than 30 d", or why there is none. */
export function percentile(found: Percentile | undefined, hours: CountedIn = "clock"): string {
  if (!found || found.state === "too_few") return t("report.too_few")
  if (found.state === "too_early") return t("report.too_early")
  return found.state === "not_reached" ? t("report.more_than", { span: seconds(found.seconds ?? 0, hours) }) : seconds(found.seconds ?? 0, hours)
}

/** A span where nothing else says what it is counted in. */
export const inWords = (value: number, hours: CountedIn): string => (hours === "business" ? workedWords(value) : seconds(value))

export const isKnown = (found: Percentile | undefined): boolean => found?.state === "reached" || found?.state === "not_reached"

export const shareWithin = (shares: readonly Share[], within: number): Share | undefined => shares.find((one) => one.within === within)
