/** What the part of a cut is called. */

import type { Cut } from "../api/reports.ts"
import { desk } from "../live/desk.svelte.ts"
import { dayOfWeek } from "../parts/rules.ts"
import { memberName } from "../parts/words.ts"
import { languageName, said, t } from "../ui/text.ts"

export function partName(by: Cut, name: string): string {
  switch (by) {
    case "channel":
      return desk.state.channels.get(name)?.name ?? t("report.gone_channel")
    case "platform":
      return desk.platforms.get(name)?.title ?? name
    case "agent":
      return name ? memberName(name) : t("report.nobody")
    case "team":
      return name ? (desk.team(name)?.name ?? "–") : t("report.no_team")
    case "tag":
      return name || t("report.no_tag")
    case "language":
      return name ? languageName(name) : t("report.no_language")
    case "measure":
      return said("report.measure", name)
    case "hour":
      return t("goal.hour", { day: dayOfWeek(Number(name.trim()[0])), hour: name.slice(2) })
    case "kind":
      return said("kind.many", name)
  }
}
