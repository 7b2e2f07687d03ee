/** Done: resolves and goes on; where somebody waits, what to say of them is asked once, before. */

import type { Conversation, Waiting } from "../api/shapes.ts"
import { resolve } from "../live/actions.ts"
import { desk } from "../live/desk.svelte.ts"
import { waitingIn } from "../live/people.ts"
import { asking } from "../parts/asking.svelte.ts"

export async function finish(rows: readonly Conversation[], onward: () => void): Promise<void> {
  const open = rows.filter((row) => row.status !== "resolved")
  // Where we see that somebody waits, the question is there before the next key is.
  const known = open.filter((row) => row.waiting_since !== null)
  if (known.length > 0) ask(known.map((row) => ({ row, waiting: waitingFor(row) })), onward)
  else onward()
  const answers = await Promise.all(
    open.filter((row) => row.waiting_since === null).map(async (row) => ({ row, waiting: await resolve(row) })),
  )
  const stuck = answers.filter((one): one is Stuck => one.waiting !== null)
  if (stuck.length > 0) ask(stuck)
}

interface Stuck {
  row: Conversation
  waiting: Waiting[]
}

function ask(stuck: readonly Stuck[], onward: () => void = () => undefined): void {
  asking.ask({
    what: "close",
    rows: stuck.map(({ row }) => row.id),
    waiting: stuck.flatMap(({ row, waiting }) => (waiting.length > 0 ? waiting : [somebodyIn(row)])),
    then: (unanswered) => {
      onward()
      void Promise.all(stuck.map(({ row }) => resolve(row, unanswered)))
    },
  })
}

function waitingFor(row: Conversation): Waiting[] {
  const thread = desk.thread(row.id)
  return thread ? waitingIn(row, thread.ids.flatMap((id) => desk.message(id) ?? []), thread.waiting) : []
}

function somebodyIn(row: Conversation): Waiting {
  return { person: row.person, since: row.waiting_since ?? row.last_message_at, item_id: row.id }
}
