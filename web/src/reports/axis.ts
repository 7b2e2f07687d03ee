/** Where a number stands, and how a share is written. */

import { localeNow } from "../ui/text.ts"

export const HOUR = 3_600
export const DAY = 24 * HOUR

export function percent(value: number | null): string {
  if (value === null) return "–"
  return new Intl.NumberFormat(localeNow(), { style: "percent", maximumFractionDigits: value > 0.995 && value < 1 ? 1 : 0 }).format(value)
}

/** Where a wait stands on an axis from a minute to the longest, each ten times as far as the one before, 0 to 1. */
export function place(value: number, longest: number): number {
  const low = Math.log(60)
  return Math.min(1, Math.max(0, (Math.log(Math.max(value, 60)) - low) / (Math.log(Math.max(longest, 2 * DAY)) - low)))
}
