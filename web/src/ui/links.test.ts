import assert from "node:assert/strict"
import { test } from "node:test"
import { piecesOf, safe } from "./links.ts"

test("an address becomes a link, and the sentence keeps its full stop", () => {
  assert.deepEqual(piecesOf("See https://a.example/x?y=1. Thanks"), [
    { text: "See " },
    { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
    { text: ". Thanks" },
  ])
})

test("a bracket the address opened belongs to it", () => {
  assert.equal(piecesOf("(https://a.example/b_(c))")[1]?.href, "https://a.example/b_(c))".slice(0, -1))
})

test("nothing but http and https is ever followed", () => {
  for (const address of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//a.example", "file:///etc", ""])
    assert.equal(safe(address), "")
  assert.deepEqual(piecesOf("javascript:alert(1)"), [{ text: "javascript:alert(1)" }])
})
