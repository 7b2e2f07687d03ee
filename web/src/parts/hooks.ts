/** Webhooks in words: how one stands, what became of a delivery. */

import type { Delivery, Webhook } from "../api/webhooks.ts"
import { said, t } from "../ui/text.ts"
import { clock, fullTime } from "../ui/time.svelte.ts"

export function standingOf(one: Webhook): string {
  const rests = one.rest_until && Date.parse(one.rest_until) > clock.exact
  return [
    one.state === "on" ? t("hooks.on") : said("hooks.off", one.off_reason || "person"),
    ...(one.state === "on" && one.failing_since ? [t("hooks.failing", { time: fullTime(one.failing_since) })] : []),
    ...(rests && one.rest_until ? [t("hooks.rests", { time: fullTime(one.rest_until) })] : []),
    ...(one.failed > 0 ? [t("hooks.failed", { n: one.failed })] : []),
    t("hooks.events", { n: one.kinds.length }),
  ].join(" · ")
}

export const kindOf = (kind: string): string => said("hook", kind)

export function fateOf(one: Delivery): string {
  return [
    said("hooks.state", one.state),
    ...(one.status === null ? [] : [String(one.status)]),
    ...(one.error ? [said("hooks.error", one.error)] : []),
    ...(one.took_ms === null ? [] : [`${one.took_ms} ms`]),
    ...(one.tries > 0 ? [t("hooks.tries", { n: one.tries })] : []),
    ...(one.state === "pending" && one.due_at && one.error ? [t("hooks.next", { time: fullTime(one.due_at) })] : []),
  ].join(" · ")
}
