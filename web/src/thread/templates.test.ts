import assert from "node:assert/strict"
import { test } from "node:test"
import type { Template } from "../api/rooms.ts"
import { aroundGap, glanceOf, isFilled, piecesOf, readsOf } from "./templates.ts"

const template = (body: string, gaps: number): Template => ({
  name: "parcel",
  language: "en",
  body,
  parameters: Array.from({ length: gaps }, (_, at) => String(at + 1)),
})
const parcel = template("Hello {{1}}, order {{ 2 }} is on its way, {{1}}.", 2)

test("a template reads as the person will read it", () => {
  assert.equal(readsOf(parcel, [" Mia ", "5512"]), "Hello Mia, order 5512 is on its way, Mia.")
})

test("what was typed into a gap is never taken for another gap", () => {
  assert.equal(readsOf(parcel, ["{{2}}", "5512"]), "Hello {{2}}, order 5512 is on its way, {{2}}.")
})

test("what only looks like a gap stays as it is written", () => {
  assert.equal(readsOf(template("100 {{3}} of {{01}} {{name}}", 1), ["x"]), "100 {{3}} of {{01}} {{name}}")
})

test("a gap that waits is still a gap", () => {
  assert.deepEqual(piecesOf(parcel, ["Mia"]).slice(0, 4), [
    { words: "Hello " },
    { gap: 1, value: "Mia" },
    { words: ", order " },
    { gap: 2, value: "" },
  ])
})

test("it may be sent once every gap has words in it", () => {
  assert.equal(isFilled(parcel, ["Mia", " "]), false)
  assert.equal(isFilled(parcel, ["Mia", "5512"]), true)
  assert.equal(isFilled(template("Anything else?", 0), []), true)
})

test("at a glance the gaps stand open", () => {
  assert.equal(glanceOf(parcel), "Hello …, order … is on its way, ….")
})

test("a gap is told by the words around it", () => {
  assert.deepEqual(aroundGap(parcel, 2), { before: "order", after: "is on its" })
  assert.deepEqual(aroundGap(template("{{1}}{{2}}", 2), 2), { before: "", after: "" })
})
