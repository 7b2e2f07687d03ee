/** Done: resolves, and asks once what to say of those who still wait. */

import type { Conversation, Waiting } from "../api/shapes.ts"
import { resolve } from "../live/actions.ts"
import { asking } from "../parts/asking.svelte.ts"

export async function finish(rows: readonly Conversation[]): Promise<void> {
  const open = rows.filter((row) => row.status !== "resolved")
  const answers = await Promise.all(open.map(async (row) => ({ row, waiting: await resolve(row) })))
  const stuck = answers.filter((one): one is { row: Conversation; waiting: Waiting[] } => one.waiting !== null)
  if (stuck.length === 0) return
  asking.ask({
    what: "close",
    rows: stuck.map(({ row }) => row.id),
    waiting: stuck.flatMap(({ row, waiting }) =>
      waiting.length > 0
        ? waiting
        : [{ person: row.person, since: row.waiting_since ?? row.last_message_at, item_id: row.id }],
    ),
    then: (unanswered) => void Promise.all(stuck.map(({ row }) => resolve(row, unanswered))),
  })
}
