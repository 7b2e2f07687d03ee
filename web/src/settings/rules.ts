/** Rules to begin with: real ones, that nobody has to invent. */

import type { Wording } from "../api/rules.ts"
import { t } from "../ui/text.ts"

export const BLANK: Wording = { title: "", trigger: "message", tag: "", minutes: 0, conditions: { type: "all", of: [] }, actions: [], stop: false }

/** `notifies`: whether people can be told yet. */
export function starters(notifies: boolean): Wording[] {
  return [
    {
      ...BLANK,
      title: t("rule.start.refund"),
      conditions: { type: "all", of: [{ type: "is", condition: "contains", values: t("rule.start.refund_words").split("|") }] },
      actions: [{ action: "tag", value: t("rule.start.refund_tag") }, { action: "prioritise", value: "3" }],
    },
    {
      ...BLANK,
      title: t("rule.start.emoji"),
      conditions: {
        type: "all",
        of: [
          { type: "is", condition: "kind", values: ["comment", "mention"] },
          { type: "any", of: [{ type: "is", condition: "only_emoji" }, { type: "is", condition: "only_mentions" }] },
        ],
      },
      actions: [{ action: "no_reply_needed", value: t("rule.start.emoji_reason") }, { action: "tag", value: t("rule.start.emoji_tag") }],
    },
    {
      ...BLANK,
      title: t("rule.start.late"),
      trigger: "waiting",
      minutes: 240,
      actions: notifies ? [{ action: "notify", value: "supervisors" }] : [{ action: "prioritise", value: "4" }],
    },
  ]
}
