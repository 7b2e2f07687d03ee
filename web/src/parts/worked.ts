/** Spans of business time as people read them. */

import { t } from "../ui/text.ts"
import { span } from "../ui/time.svelte.ts"

export type CountedIn = "clock" | "business"

const HOUR = 3_600
const SHORT = 10 * HOUR // with its minutes below

/** "40 s", "2 h 05", "72 h": never in days, of which nobody knows how long one is. In seconds. */
export function worked(seconds: number): string {
  return seconds >= SHORT || (seconds >= HOUR && seconds % HOUR === 0) ? t("span.hours", { n: Math.floor(seconds / HOUR) }) : span(seconds * 1_000)
}

/** The same where nothing else says that it is business time. */
export const workedWords = (seconds: number): string => t("report.business_span", { span: worked(seconds) })
