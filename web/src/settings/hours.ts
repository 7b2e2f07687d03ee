/** Opening hours in words. Pure. */

import type { Opening } from "../api/sla.ts"
import { list, t } from "../ui/text.ts"
import { dayOfWeek } from "../parts/rules.ts"

const times = (some: readonly Opening[]): string => list(some.map(({ opens, closes }) => `${opens}–${closes}`))

/** "Mon to Fri 09:00–17:00, Sat 10:00–14:00": days that are alike stand together. */
export function weekWords(week: readonly (readonly Opening[])[]): string {
  const runs: { from: number; to: number; said: string }[] = []
  week.forEach((some, day) => {
    const said = times(some)
    const last = runs.at(-1)
    if (last && last.said === said && last.to === day - 1) last.to = day
    else runs.push({ from: day, to: day, said })
  })
  const open = runs.filter(({ said }) => said)
  if (open.length === 1 && open[0]!.said === "00:00–24:00" && open[0]!.to - open[0]!.from === 6) return t("hours.always")
  return open
    .map(({ from, to, said }) => `${from === to ? dayOfWeek(from + 1) : t("hours.span", { from: dayOfWeek(from + 1), to: dayOfWeek(to + 1) })} ${said}`)
    .join(", ")
}
