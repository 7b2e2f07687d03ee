import assert from "node:assert/strict"
import { test } from "node:test"
import { named, piecesOf } from "./mentions.ts"

const people = [
  { user_id: "1", name: "Ana" },
  { user_id: "2", name: "Ana Ruiz" },
  { user_id: "3", name: "Sam" },
]

test("a name that is called stands for a person, and the longer of two counts", () => {
  assert.deepEqual(named("@Ana Ruiz, ask @Sam! And @Sam again.", people), ["2", "3"])
  assert.deepEqual(named("@Ana asks", people), ["1"])
})

test("a part of a word is nobody's name", () => {
  assert.deepEqual(named("@Anabel, mia@Sam.example, @sam, Sam", people), [])
})

test("the pieces make the text again", () => {
  const text = "(@Sam) @Ana Ruiz\n@Samuel @Sam"
  assert.equal(piecesOf(text, people).map((piece) => piece.text).join(""), text)
  assert.deepEqual(piecesOf("Ask @Sam.", people), [{ text: "Ask " }, { text: "@Sam", person: "3" }, { text: "." }])
})
