import assert from "node:assert/strict"
import { test } from "node:test"
import type { Activity } from "../api/shapes.ts"
import { message } from "../live/testing.ts"
import { type Piece, piecesOf, shown } from "./stream.ts"

const day = (at: string): string => at.slice(0, 10)
const brief = (piece: Piece): string =>
  piece.what === "bubble" ? piece.key + (piece.continues ? "+" : "") : piece.what === "line" ? `-${piece.activities.length}` : piece.key

function activity(id: string, at: string, by: string | null = null): Activity {
  return { id, conversation_id: "c", at, by, verb: "assigned", data: {} }
}

test("days part, neighbours join, quiet lines stand where they happened", () => {
  const ana = { identity_id: "ana", name: "Ana", handle: "", avatar_url: "", platform: "demo" }
  const pieces = piecesOf(
    [
      message({ id: "a", author: ana, at: "2026-11-22T09:00:00Z" }),
      message({ id: "b", author: ana, at: "2026-11-22T09:02:00Z" }),
      message({ id: "c", author: ana, at: "2026-11-23T09:02:00Z" }),
      message({ id: "d", direction: "out", agent_id: "me", at: "2026-11-23T09:03:00Z" }),
    ],
    [activity("x", "2026-11-22T09:01:00Z"), activity("y", "2026-11-23T09:02:30Z"), activity("z", "2026-11-23T09:02:40Z")],
    day,
  )
  assert.deepEqual(pieces.map(brief), ["day 2026-11-22", "a", "-1", "b", "day 2026-11-23", "c", "-2", "d"])
})

test("what was said before the oldest message at hand waits for its page", () => {
  const pieces = piecesOf([message({ id: "a", at: "2026-11-23T09:00:00Z" })], [activity("x", "2026-11-20T09:00:00Z")], day)
  assert.deepEqual(pieces.map(brief), ["day 2026-11-23", "a"])
})

test("a message is never shown twice while its answer is on the way, and not at all once called back", () => {
  const own = { direction: "out", agent_id: "me", text: "Hi" } as const
  const leaving = message({ id: "key", ...own, received_at: "2026-11-23T09:00:00Z" })
  const known = message({ id: "m", ...own, received_at: "2026-11-23T09:00:00.2Z" })
  assert.deepEqual(shown([], [leaving]).map((one) => one.id), ["key"])
  assert.deepEqual(shown([known], [leaving]).map((one) => one.id), ["m"])
  const delivery = { state: "cancelled" as const, due_at: null, reason: "", error: "", delivered_at: null, read_at: null }
  assert.deepEqual(shown([{ ...known, delivery }], []), [])
})
