import assert from "node:assert/strict"
import { test } from "node:test"
import { laters, written } from "./laters.ts"

const at = (text: string): string[] => laters(new Date(text)).map((one) => `${one.id} ${written(one.at)}`)

test("in two hours, tomorrow morning, and on Monday where that is another day", () => {
  assert.deepEqual(at("2026-11-26T23:30"), ["hours 2026-11-27T01:30", "tomorrow 2026-11-27T09:00", "monday 2026-11-30T09:00"])
  assert.deepEqual(at("2026-11-29T08:00"), ["hours 2026-11-29T10:00", "tomorrow 2026-11-30T09:00"])
})
