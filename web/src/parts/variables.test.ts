import assert from "node:assert/strict"
import { test } from "node:test"
import { filled, firstName, isOffered, matching, piecesOf } from "./variables.ts"

test("gaps are filled, and what is not known is said otherwise", () => {
  const text = "Hello {{contact.first_name|there}}, {{ agent.name }} here."
  assert.equal(filled(text, { "contact.first_name": "Mia", "agent.name": "Ana Ruiz" }), "Hello Mia, Ana Ruiz here.")
  assert.equal(filled(text, { "contact.first_name": "  ", "agent.name": "Ana" }), "Hello there, Ana here.")
  assert.equal(filled("Hello {{contact.name}}, hello", {}), "Hello, hello")
})

test("a name that looks like a gap, or like a replacement, is a name", () => {
  for (const name of ["{{agent.name}}", "$&", "$1", "{{contact.name|x}}", "{{", "<b>"])
    assert.equal(filled("{{contact.name}} and {{agent.name}}", { "contact.name": name, "agent.name": "Ana" }), `${name} and Ana`)
})

test("a name of several lines stays on one", () => {
  assert.equal(filled("Hello {{contact.name}}!", { "contact.name": "Mia\n\n Keller\t" }), "Hello Mia Keller!")
})

test("what only looks like a gap stays as it is written", () => {
  assert.equal(filled("{contact.name} {{other}} {{", {}), "{contact.name} {{other}} {{")
})

test("the preview knows which words came from where", () => {
  assert.deepEqual(piecesOf("Hello {{contact.name|you}}!", {}), [
    { words: "Hello " },
    { words: "you", gap: "contact.name" },
    { words: "!" },
  ])
})

test("a first name is the first word of a name", () => {
  assert.deepEqual(["Mia Keller", " Mia ", ""].map(firstName), ["Mia", "Mia", ""])
})

const reply = (title: string, shortcut = "", uses = 0, text = "") => ({ title, shortcut, uses, text, platforms: [], channel_ids: [] })

test("the shortcut comes first, then the beginning of a title, then what is used most", () => {
  const all = [reply("A late parcel"), reply("Late again", "", 1), reply("Late", "", 7), reply("Sorry", "late"), reply("Thanks", "", 9, "It came late.")]
  assert.deepEqual(matching(all, "LATE").map((one) => one.title), ["Sorry", "Late", "Late again", "A late parcel", "Thanks"])
  assert.deepEqual(matching(all, "xyz"), [])
  assert.equal(matching(all, "")[0]!.title, "Thanks")
})

test("what is limited is offered only there", () => {
  const limited = { ...reply("x"), platforms: ["one"], channel_ids: ["c"] }
  assert.deepEqual([isOffered(limited, "one", "d"), isOffered(limited, "two", "c"), isOffered(limited, "two", "d")], [true, true, false])
  assert.equal(isOffered(reply("x"), "two", "d"), true)
})
