import assert from "node:assert/strict"
import { test } from "node:test"
import type { Conversation } from "../api/shapes.ts"
import { belongs, type Filter, filterOf, isJudgedHere, nameOf, queryOf } from "./views.ts"

const row = {
  id: "1",
  channel_id: "c",
  platform: "somewhere",
  kind: "dm",
  status: "open",
  assignee_id: null,
  priority: 3,
  tags: ["late", "vip"],
  waiting_since: new Date(Date.now() - 2 * 3_600_000).toISOString(),
} as unknown as Conversation

const fits = (filter: Partial<Filter>): boolean => belongs({ view: "open", ...filter }, row, { me: "me", teams: new Map() })

test("all of a filter must hold", () => {
  for (const filter of [{ tag: ["vip", "late"] }, { assignee: "nobody" }, { waiting: true }, { minutes: 60 }, { priority: 3 }, { platform: "somewhere" }])
    assert.ok(fits(filter), JSON.stringify(filter))
  for (const filter of [{ tag: ["vip", "new"] }, { assignee: "me" }, { minutes: 180 }, { priority: 4 }, { platform: "elsewhere" }, { waiting: true, kind: "review" as const }])
    assert.ok(!fits(filter), JSON.stringify(filter))
})

test("an address and a filter say the same", () => {
  const filter: Filter = { view: "open", kind: "dm", tag: ["a b", "c&d"], assignee: "me", waiting: true, minutes: 60, priority: 2, text: "où est" }
  assert.deepEqual(filterOf("open", new URLSearchParams(String(queryOf(filter)))), filter)
  assert.equal(nameOf({ view: "open", tag: [] }), nameOf({ view: "open" }))
})

test("what was written is judged by the server alone", () => {
  assert.ok(isJudgedHere({ view: "open", tag: ["vip"], minutes: 60 }))
  for (const filter of [{ text: "lamp" }, { language: "es" }, { q: "ana" }]) assert.ok(!isJudgedHere({ view: "open", ...filter }))
})
