/** Instants and spans as people read them, in the reader's own zone. */

import { localeNow, t } from "./text.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

class Clock {
  now = $state(Date.now())
  #skew = 0

  constructor() {
    setInterval(() => (this.now = this.exact), SECOND)
  }

  /** To the millisecond, as the server's clock has it: a machine may be minutes off. */
  get exact(): number {
    return Date.now() + this.#skew
  }

  /** The server's clock is this far ahead, in ms. What is within its second changes nothing. */
  correct(skew: number): void {
    if (Math.abs(skew - this.#skew) > 1_500) this.#skew = skew
  }
}

/** One clock for the whole page, a second at a time. */
export const clock = new Clock()

/** How long somebody has waited: "40 s", "13 min", "2 h 05", "3 d". */
export function span(ms: number): string {
  const past = Math.max(0, ms)
  if (past < MINUTE) return t("span.seconds", { n: Math.floor(past / SECOND) })
  if (past < HOUR) return t("span.minutes", { n: Math.floor(past / MINUTE) })
  if (past < 10 * HOUR) {
    const minutes = String(Math.floor((past % HOUR) / MINUTE)).padStart(2, "0")
    return t("span.hours_minutes", { hours: Math.floor(past / HOUR), minutes })
  }
  if (past < 2 * DAY) return t("span.hours", { n: Math.floor(past / HOUR) })
  return t("span.days", { n: Math.floor(past / DAY) })
}

/** The span since an instant, or until it if `isAhead`. */
export function waited(since: string, isAhead = false): string {
  const past = clock.now - Date.parse(since)
  return span(isAhead ? -past : past)
}

const styles = new Map<string, Intl.DateTimeFormat>() // making one takes longer than using it a hundred times

function written(time: string | number, style: Intl.DateTimeFormatOptions): string {
  const name = localeNow() + JSON.stringify(style)
  const known = styles.get(name) ?? new Intl.DateTimeFormat(localeNow(), style)
  styles.set(name, known)
  return known.format(new Date(time))
}

export function isSameDay(a: string | number, b: string | number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}

export function clockTime(time: string): string {
  return written(time, { hour: "2-digit", minute: "2-digit" })
}

/** Short enough for a row: the time today, the weekday this week, else the date. */
export function shortTime(time: string): string {
  const age = clock.now - Date.parse(time)
  if (isSameDay(time, clock.now)) return clockTime(time)
  if (age < 6 * DAY && age > -6 * DAY) return written(time, { weekday: "short" })
  const isThisYear = new Date(time).getFullYear() === new Date(clock.now).getFullYear()
  return written(time, isThisYear ? { day: "numeric", month: "short" } : { month: "short", year: "numeric" })
}

/** The day as a separator names it. */
export function dayName(time: string): string {
  if (isSameDay(time, clock.now)) return t("day.today")
  if (isSameDay(time, clock.now - DAY)) return t("day.yesterday")
  return written(time, { weekday: "long", day: "numeric", month: "long", ...yearIfOther(time) })
}

/** The date, within a sentence. */
export function dateName(time: string): string {
  return written(time, { day: "numeric", month: "long", ...yearIfOther(time) })
}

function yearIfOther(time: string): { year?: "numeric" } {
  return new Date(time).getFullYear() === new Date(clock.now).getFullYear() ? {} : { year: "numeric" }
}

/** The whole instant, for a title or a sentence. */
export function fullTime(time: string): string {
  return written(time, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...yearIfOther(time) })
}

/** The time of an instant in a zone that is not the reader's. */
export function timeIn(time: string | number, zone: string): string {
  return written(time, { hour: "2-digit", minute: "2-digit", timeZone: zone })
}

/** The day of an instant in a zone that is not the reader's. */
export function dateIn(time: string, zone: string): string {
  return written(time, { day: "numeric", month: "short", timeZone: zone })
}
