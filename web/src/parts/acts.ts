/** A line of the audit log in words, in the thread and in Settings. */

import type { Activity } from "../api/shapes.ts"
import { said, t } from "../ui/text.ts"
import { fullTime } from "../ui/time.svelte.ts"
import { memberName, toMember } from "./words.ts"

const isTime = /^\d{4}-\d\d-\d\dT/
const isId = /^[0-9a-f]{8}-[0-9a-f]{4}-/

/** A value as people read it: a member's name, an instant, or the word itself. */
export function readable(value: string): string {
  if (isId.test(value)) return toMember(value)
  return isTime.test(value) ? fullTime(value) : value
}

/** Whose act it was: a colleague's, a rule's, or the house's. */
export function whose(one: Pick<Activity, "by" | "verb" | "data">): string {
  const rule = one.by === null && !one.verb.startsWith("rule") ? one.data["rule"] : undefined
  return rule ? t("house.rule", { name: rule }) : memberName(one.by)
}

export function actOf(one: Pick<Activity, "verb" | "data">): string {
  const values = Object.fromEntries(Object.entries(one.data).map(([name, value]) => [name, readable(value)]))
  if (one.verb === "notified" && one.data["to"] === "supervisors") values["to"] = t("rule.people.supervisors")
  const isFreed = one.verb === "assigned" && !Object.values(one.data).some(Boolean)
  const ofResolution = one.data["promise"] === "resolution" ? ".resolution" : ""
  return said("happened", isFreed ? "unassigned" : one.verb + ofResolution, { to: t("somebody"), ...values })
}
