/** The times a conversation may sleep until, in the reader's own zone. Pure. */

export interface Snooze {
  id: "soon" | "evening" | "tomorrow" | "monday" | "week"
  until: Date
}

const MORNING = 9
const EVENING = 18

export function snoozes(now: Date): Snooze[] {
  const soon = new Date(now.getTime() + 3 * 3_600_000)
  soon.setMinutes(soon.getMinutes() < 30 ? 30 : 60, 0, 0)
  const all: Snooze[] = [
    { id: "soon", until: soon },
    { id: "evening", until: at(now, 0, EVENING) },
    { id: "tomorrow", until: at(now, 1, MORNING) },
    { id: "monday", until: at(now, daysToMonday(now), MORNING) },
    { id: "week", until: at(now, 7, MORNING) },
  ]
  // Late in the day the evening is past, and on a Sunday Monday is tomorrow.
  const seen = new Set<number>()
  return all.filter(({ until }) => until > now && !seen.has(until.getTime()) && seen.add(until.getTime()))
}

function at(now: Date, days: number, hour: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour)
}

function daysToMonday(now: Date): number {
  return (8 - now.getDay()) % 7 || 7
}
