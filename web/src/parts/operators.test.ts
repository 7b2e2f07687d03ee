import assert from "node:assert/strict"
import { test } from "node:test"
import { lastWord, offers, quoted } from "./operators.ts"

const known = { channel: [{ value: "Acme Shop", title: "Acme Shop" }], is: [{ value: "waiting", title: "somebody waits" }] }

test("the word being typed reaches back to an open quote", () => {
  assert.deepEqual(lastWord("refund chan"), ["refund ", "chan"])
  assert.deepEqual(lastWord('refund channel:"Acme Sh'), ["refund ", 'channel:"Acme Sh'])
  assert.deepEqual(lastWord("refund "), ["refund ", ""])
})

test("an operator is offered by its beginning, and then its values", () => {
  assert.deepEqual(offers("refund ch", known).map((one) => one.text), ["refund channel:"])
  assert.deepEqual(offers("refund channel:sho", known).map((one) => one.text), ['refund channel:"Acme Shop" '])
  assert.deepEqual(offers("is:", known).map((one) => one.title), ["somebody waits"])
  assert.deepEqual(offers("refund ", known), [])
  assert.deepEqual(offers("nothing:a", known), [])
  assert.ok(offers("", known).length > 8)
})

test("a value of several words is put in quotes", () => {
  assert.equal(quoted("vip"), "vip")
  assert.equal(quoted('The "best"'), '"The best"')
})
