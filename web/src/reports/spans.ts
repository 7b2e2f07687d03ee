/** Figures of a report as people read them. */

import type { Percentile, Share } from "../api/reports.ts"
import { t } from "../ui/text.ts"
import { span } from "../ui/time.svelte.ts"
import { DAY, HOUR } from "./axis.ts"

/** "40 s", "2 h 05"; whole hours without their minutes. */
export function seconds(value: number): string {
  return value >= HOUR && value % HOUR === 0 && value <= DAY ? t("span.hours", { n: value / HOUR }) : span(value * 1_000)
}

/** "3 h 10", "more than 30 d", or why there is none. */
export function percentile(found: Percentile | undefined): string {
  if (!found || found.state === "too_few") return t("report.too_few")
  if (found.state === "too_early") return t("report.too_early")
  return found.state === "not_reached" ? t("report.more_than", { span: seconds(found.seconds ?? 0) }) : seconds(found.seconds ?? 0)
}

export const isKnown = (found: Percentile | undefined): boolean => found?.state === "reached" || found?.state === "not_reached"

export const shareWithin = (shares: readonly Share[], within: number): Share | undefined => shares.find((one) => one.within === within)
