/** What rules say, in sentences. */

import type { Act, Tree, Wording } from "../api/rules.ts"
import { desk } from "../live/desk.svelte.ts"
import { list, languageName, localeNow, said, t } from "../ui/text.ts"
import { span } from "../ui/time.svelte.ts"
import { type Leaf, leavesOf } from "./verdicts.ts"
import { channelTitle, memberName, platformTitle } from "./words.ts"

const MONDAY = Date.UTC(2024, 0, 1)

export function dayOfWeek(day: number, style: "short" | "narrow" | "long" = "short"): string {
  return new Intl.DateTimeFormat(localeNow(), { weekday: style, timeZone: "UTC" }).format(MONDAY + (day - 1) * 86_400_000)
}

const teamName = (id: string): string => id ? (desk.team(id)?.name ?? "–") : t("macro.assign.nobody")

/** One value as people say it. */
export function valueName(condition: string, value: string): string {
  switch (condition) {
    case "platform":
      return platformTitle(value)
    case "channel":
      return channelTitle(value) || t("saved.channel_gone")
    case "kind":
    case "priority":
    case "status":
      return said(condition, value)
    case "assigned_to":
      return value ? memberName(value) : t("macro.assign.nobody")
    case "entrusted_to":
      return teamName(value)
    case "language":
      return value ? languageName(value) : t("rule.untold")
    case "contains":
      return `“${value}”`
    default:
      return value
  }
}

function valuesOf({ condition, values }: Leaf): string {
  if (condition === "written_within") {
    const days = [...(values[0] ?? "")].map((day) => dayOfWeek(Number(day)))
    return `${days.join(", ")} ${values[1] ?? ""}`
  }
  return list(values.map((value) => valueName(condition, value)), "or")
}

export function conditionText(leaf: Leaf): string {
  return said(leaf.isNot ? "rule.unless" : "rule.if", leaf.condition, { values: valuesOf(leaf) })
}

/** What was seen instead, where that says something. */
export function seenText({ condition, seen = "" }: Leaf): string {
  if (condition === "written_within") return seen ? `${dayOfWeek(Number(seen[0]))} ${seen.slice(2)}` : ""
  if (["platform", "channel", "kind", "priority", "status", "assigned_to", "entrusted_to", "language"].includes(condition)) return valueName(condition, seen)
  return condition === "stars_at_most" ? seen || t("rule.no_stars") : ""
}

/** How long, as a person sets it: "30 min", "4 h", "2 d". */
export function lasting(minutes: number): string {
  if (minutes % 1_440 === 0) return t("span.days", { n: minutes / 1_440 })
  return minutes % 60 === 0 ? t("span.hours", { n: minutes / 60 }) : span(minutes * 60_000)
}

function treeText(tree: Tree): string {
  if (tree.type === "is" || tree.type === "not") {
    const leaves = leavesOf(tree)
    if (tree.type === "is" || tree.of.type === "is") return leaves.map(conditionText).join("")
    return t("rule.not_group", { group: tree.of.type === "not" ? treeText(tree.of.of) : treeText(tree.of) })
  }
  const parts = tree.of.map((one) => (one.type === "all" || one.type === "any" ? `(${treeText(one)})` : treeText(one)))
  return parts.join(tree.type === "all" ? ` ${t("rule.and")} ` : ` ${t("rule.or")} `)
}

export function actText({ action, value = "" }: Act): string {
  const shown =
    action === "assign" ? (value ? memberName(value) : t("macro.assign.nobody"))
    : action === "entrust" ? teamName(value)
    : action === "prioritise" ? said("priority", value)
    : action === "snooze" ? lasting(Number(value))
    : action === "notify" ? (value === "assignee" || value === "supervisors" ? t(`rule.people.${value}`) : memberName(value))
    : value
  return said("rule.do", action, { value: shown })
}

export function triggerText(rule: Pick<Wording, "trigger" | "tag" | "minutes">): string {
  if (rule.trigger === "waiting") return t("rule.when.waiting_for", { time: lasting(rule.minutes) })
  if (rule.trigger === "tagged" && rule.tag) return t("rule.when.tagged_with", { tag: rule.tag })
  return said("rule.when", rule.trigger)
}

/** The whole rule as one sentence. */
export function sentence(rule: Wording): string {
  const then = list(rule.actions.map(actText))
  const when = triggerText(rule)
  const isAlways = rule.conditions.type === "all" && rule.conditions.of.length === 0
  return isAlways ? t("rule.sentence_always", { when, then }) : t("rule.sentence", { when, if: treeText(rule.conditions), then })
}
