/** What stands in a thread, top to bottom: days, bubbles, quiet lines. Pure. */

import type { Activity, Message } from "../api/shapes.ts"
import { micros } from "../live/views.ts"

export type Piece =
  | { what: "day"; key: string; at: string }
  | { what: "bubble"; key: string; message: Message; continues: boolean }
  | { what: "line"; key: string; activities: Activity[] }

const TOGETHER = 4 * 60 * 1_000_000 // within four minutes one person's bubbles stand together

/** Messages and activities in the order they happened; neighbours of one author or one act are drawn together. */
export function piecesOf(
  messages: readonly Message[],
  activities: readonly Activity[],
  dayOf: (at: string) => string,
): Piece[] {
  const pieces: Piece[] = []
  let day = ""
  let line = 0
  const since = messages[0] ? micros(messages[0].at) : 0
  const lines = activities.filter((one) => micros(one.at) >= since || messages.length === 0)
  const begin = (at: string): void => {
    if (dayOf(at) === day) return
    day = dayOf(at)
    pieces.push({ what: "day", key: `day ${day}`, at })
  }
  const tell = (before: number): void => {
    for (; line < lines.length && micros(lines[line]!.at) < before; line++) {
      const one = lines[line]!
      begin(one.at)
      const last = pieces.at(-1)
      if (last?.what === "line" && isOfOne(last.activities[0], one)) last.activities.push(one)
      else pieces.push({ what: "line", key: one.id, activities: [one] })
    }
  }
  for (const message of messages) {
    tell(micros(message.at))
    begin(message.at)
    pieces.push({ what: "bubble", key: message.id, message, continues: continues(pieces.at(-1), message) })
  }
  tell(Infinity)
  return pieces
}

function isOfOne(before: Activity | undefined, one: Activity): boolean {
  return before?.by === one.by && before.data["rule_id"] === one.data["rule_id"]
}

function continues(before: Piece | undefined, message: Message): boolean {
  if (before?.what !== "bubble") return false
  const one = before.message
  return (
    one.direction === message.direction &&
    one.visibility === message.visibility &&
    one.agent_id === message.agent_id &&
    one.written_elsewhere === message.written_elsewhere &&
    one.author?.identity_id === message.author?.identity_id &&
    (one.author !== null || message.direction === "out") &&
    micros(message.at) - micros(one.at) < TOGETHER
  )
}

/** Messages as they are shown: nothing that was called back, and what is leaving last. */
export function shown(messages: readonly Message[], leaving: readonly Message[]): Message[] {
  const here = messages.filter((one) => one.delivery?.state !== "cancelled")
  const unheard = leaving.filter((one) => !here.some((other) => isSame(one, other)))
  return [...here, ...unheard]
}

/** The feed may bring a message before the answer to writing it does. */
function isSame(leaving: Message, known: Message): boolean {
  return (
    known.agent_id === leaving.agent_id &&
    known.text === leaving.text &&
    known.visibility === leaving.visibility &&
    micros(known.received_at) > micros(leaving.received_at) - 60_000_000
  )
}
