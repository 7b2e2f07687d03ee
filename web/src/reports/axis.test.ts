import assert from "node:assert/strict"
import { test } from "node:test"
import { percent, place } from "./axis.ts"

test("nearly all is not all", () => {
  assert.equal(percent(0.998), "99.8%")
  assert.equal(percent(1), "100%")
  assert.equal(percent(null), "–")
})

test("an axis of waits begins at a minute and ends with the longest", () => {
  assert.equal(place(0, 1e6), 0)
  assert.equal(place(1e6, 1e6), 1)
  assert.ok(place(3600, 1e6) < place(7200, 1e6))
})
