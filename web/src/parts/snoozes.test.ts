import assert from "node:assert/strict"
import { test } from "node:test"
import { snoozes } from "./snoozes.ts"

const named = (now: Date): [string, string][] =>
  snoozes(now).map(({ id, until }) => [id, `${until.getDate()} ${until.getHours()}:${until.getMinutes()}`])

test("on a Monday morning every choice lies ahead", () => {
  assert.deepEqual(named(new Date(2026, 10, 23, 10, 5)), [
    ["soon", "23 13:30"],
    ["evening", "23 18:0"],
    ["tomorrow", "24 9:0"],
    ["monday", "30 9:0"],
  ])
})

test("late on a Sunday the evening is past and Monday is tomorrow", () => {
  assert.deepEqual(named(new Date(2026, 10, 22, 20, 40)), [
    ["soon", "23 0:0"],
    ["tomorrow", "23 9:0"],
    ["week", "29 9:0"],
  ])
})
