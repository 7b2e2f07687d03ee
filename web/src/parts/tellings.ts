/** A notification in a sentence, and where it leads. */

import type { Conversation, Notification } from "../api/shapes.ts"
import { desk } from "../live/desk.svelte.ts"
import { t } from "../ui/text.ts"
import { channelTitle, memberName, personName } from "./words.ts"

/** The conversation it names, as it is known best. */
export function aboutOf(one: Notification): Conversation | undefined {
  const id = one.conversation_id
  return id ? (desk.conversation(id) ?? desk.state.bell.about.get(id)) : undefined
}

export function sentenceOf(one: Notification): string {
  const row = aboutOf(one)
  const name = row ? personName(row.person) : t("person.unknown")
  if (one.kind === "channel_down" || one.kind === "spike")
    return t(`told.${one.kind}`, { channel: (one.channel_id && channelTitle(one.channel_id)) || t("told.a_channel") })
  if (one.kind === "webhook_off" || one.kind === "goal") return t(`told.${one.kind}`)
  if (one.kind === "assigned" && !one.conversation_id) return t("told.assigned_many", { by: memberName(one.by), n: one.count })
  if (one.promise === "resolution" && isOfPromise(one.kind)) return t(`told.${one.kind}.resolution`, { name })
  return t(`told.${one.kind}`, { name, by: memberName(one.by), n: one.count })
}

type OfPromise = "at_risk" | "unassigned_at_risk" | "breached" | "any_breached"

const isOfPromise = (kind: Notification["kind"]): kind is OfPromise => kind.endsWith("at_risk") || kind.endsWith("breached")

export function addressOf(one: Notification): string {
  if (one.kind === "rule_stopped") return "/settings/rules"
  if (one.kind === "webhook_off") return "/settings/webhooks"
  if (one.kind === "goal") return "/reports/goals"
  if (one.kind === "spike") return "/reports/wallboard"
  if (one.kind === "assigned" && !one.conversation_id) return "/inbox/mine"
  if (!one.conversation_id) return "/settings/channels"
  return `/inbox/${one.kind === "send_failed" || one.kind === "rejected" ? "problems" : one.kind === "to_approve" ? "approval" : one.kind === "rule" ? "open" : "mine"}/${one.conversation_id}`
}
