import assert from "node:assert/strict"
import { test } from "node:test"
import { actionOf, lengthOf, waysOf } from "./abilities.ts"

test("a family of four is one grapheme, seven characters and twenty-five bytes", () => {
  const family = "👨‍👩‍👧‍👦"
  assert.deepEqual(
    (["graphemes", "characters", "bytes"] as const).map((unit) => lengthOf(family, unit)),
    [1, 7, 25],
  )
})

test("what is private in public is a private reply, in a DM it is the message itself", () => {
  assert.equal(actionOf("comment", "private"), "private_reply")
  assert.equal(actionOf("dm", "private"), "dm")
  assert.equal(actionOf("review", "note"), null)
  assert.deepEqual(waysOf("dm"), ["private", "note"])
})
