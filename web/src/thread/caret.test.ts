import assert from "node:assert/strict"
import { test } from "node:test"
import { askedAt } from "./caret.ts"

const at = (text: string) => askedAt(text, text.length)

test("a sign at the start of a word asks, and one within a word does not", () => {
  assert.deepEqual(at("/"), { sign: "/", query: "", from: 0 })
  assert.deepEqual(at("Hello\n/late"), { sign: "/", query: "late", from: 6 })
  assert.deepEqual(at("for @José"), { sign: "@", query: "José", from: 4 })
  for (const text of ["and/or", "https://", "mia@example.com", "/late ", "/home/mia", ""]) assert.equal(at(text), null, text)
})

test("what stands behind the caret does not count", () => {
  assert.deepEqual(askedAt("/late parcel", 3), { sign: "/", query: "la", from: 0 })
})
