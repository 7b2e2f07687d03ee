/** Runs what is kept as one: its acts at once, and its text into the composer, where somebody reads it before it goes. */

import type { Conversation, Macro } from "../api/shapes.ts"
import { runMacro } from "../live/actions.ts"
import { asking } from "../parts/asking.svelte.ts"

export async function run(rows: readonly Conversation[], macro: Macro, write: (text: string) => void): Promise<void> {
  const stuck = (await Promise.all(rows.map(async (row) => ({ row, waiting: await runMacro(row, macro) })))).filter(
    (one) => one.waiting !== null,
  )
  if (macro.text && rows.length === 1) write(macro.text)
  if (stuck.length === 0) return
  asking.ask({
    what: "close",
    rows: stuck.map(({ row }) => row.id),
    waiting: stuck.flatMap(({ waiting }) => waiting ?? []),
    then: (unanswered) => void Promise.all(stuck.map(({ row }) => runMacro(row, macro, unanswered))),
  })
}
