import assert from "node:assert/strict"
import { test } from "node:test"
import en from "../../messages/en.json" with { type: "json" }
import ar from "../../messages/ar.json" with { type: "json" }
import es from "../../messages/es.json" with { type: "json" }
import { type Entry, safeLocale, t } from "./text.ts"

const forms = (entry: Entry): string[] => (typeof entry === "string" ? [entry] : Object.values(entry))
const blanks = (entry: Entry): string[] => [...new Set(forms(entry).join().match(/\{\w+\}/g) ?? [])].sort()

test("both languages say everything, and fill the same blanks", () => {
  assert.deepEqual(Object.keys(es), Object.keys(en))
  for (const [key, entry] of Object.entries(en))
    assert.deepEqual(blanks((es as Record<string, Entry>)[key]!), blanks(entry as Entry), key)
})

test("a language that is only begun says nothing that is not to be said, and fills the same blanks", () => {
  for (const [key, entry] of Object.entries(ar)) {
    assert.ok(key in en, key)
    const said = (en as Record<string, Entry>)[key]!
    for (const form of forms(entry)) for (const blank of blanks(form)) assert.ok(blanks(said).includes(blank), key)
    assert.equal(typeof entry, typeof said, key)
  }
})

test("one is one, and more are many", () => {
  assert.equal(t("thread.new", { n: 1 }), "1 new message")
  assert.equal(t("thread.new", { n: 1_200 }), "1,200 new messages")
})

test("what a person wrote is never taken for a blank", () => {
  assert.equal(t("composer.answers", { name: "{limit}" }), "Answers {limit}")
})

test("a locale no browser should have is no reason to fall over", () => {
  assert.equal(safeLocale("en-US@posix"), "en-US")
  assert.equal(safeLocale("C.UTF-8"), "en")
  assert.equal(safeLocale(undefined), "en")
})
