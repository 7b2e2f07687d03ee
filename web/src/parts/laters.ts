/** The times at which a message may leave later, in the reader's own zone. Pure. */

export interface Later {
  id: "hours" | "tomorrow" | "monday"
  at: Date
}

const MORNING = 9

export function laters(now: Date): Later[] {
  const morning = (days: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING)
  const toMonday = (8 - now.getDay()) % 7 || 7
  return [
    { id: "hours", at: new Date(now.getTime() + 2 * 3_600_000) },
    { id: "tomorrow", at: morning(1) },
    ...(toMonday > 1 ? [{ id: "monday" as const, at: morning(toMonday) }] : []),
  ]
}

/** As a field for a day and a time wants it. */
export function written(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
