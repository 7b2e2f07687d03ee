import assert from "node:assert/strict"
import { test } from "node:test"
import type { Right } from "../api/shapes.ts"
import { choiceOf, GROUPS, mayGive, ticked, unticked, valueOf } from "./roles.ts"

const needs: { key: Right; needs: Right[] }[] = [
  { key: "read", needs: [] },
  { key: "answer", needs: ["read"] },
  { key: "publish", needs: ["read", "answer"] },
  { key: "approve", needs: ["read", "answer", "publish"] },
  { key: "watch", needs: ["read"] },
  { key: "goals", needs: ["read", "watch"] },
]

test("a right brings what it needs, and what needs it goes with it", () => {
  assert.deepEqual(ticked(["read"], "goals", needs), ["read", "watch", "goals"])
  assert.deepEqual(ticked(["read", "watch"], "approve", needs), ["read", "answer", "publish", "approve", "watch"])
  assert.deepEqual(unticked(["read", "answer", "publish", "approve", "watch"], "answer", needs), ["read", "watch"])
  assert.deepEqual(unticked(["read", "watch", "goals"], "goals", needs), ["read", "watch"])
})

test("every right stands in one group", () => {
  const all = GROUPS.flatMap((group) => group.rights)
  assert.equal(new Set(all).size, all.length)
  assert.equal(all.length, 16)
})

test("nobody gives what they do not have", () => {
  assert.ok(mayGive(["read", "answer"], ["read"]))
  assert.ok(!mayGive(["read"], ["read", "answer"]))
})

test("a choice goes out as it was made", () => {
  const own = [{ id: "1", name: "Nights", rights: [], like: "agent", version: 1, members: 0, invitations: 0, tokens: 0 } as const].map((one) => ({ ...one, rights: [] }))
  assert.deepEqual(choiceOf("1", own), { role_id: "1" })
  assert.deepEqual(choiceOf("agent", own), { role: "agent" })
  assert.equal(valueOf({ role: "agent", role_id: "1" }), "1")
  assert.equal(valueOf({ role: "agent", role_id: null }), "agent")
})
