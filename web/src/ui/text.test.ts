import assert from "node:assert/strict"
import { test } from "node:test"
import { readdirSync, readFileSync } from "node:fs"
import inbox from "../../messages/en.json" with { type: "json" }
import rooms from "../../messages/en.rooms.json" with { type: "json" }
import ar from "../../messages/ar.json" with { type: "json" }
import esInbox from "../../messages/es.json" with { type: "json" }
import esRooms from "../../messages/es.rooms.json" with { type: "json" }
import { type Entry, safeLocale, t } from "./text.ts"

const en: Record<string, Entry> = { ...inbox, ...rooms }
const es: Record<string, Entry> = { ...esInbox, ...esRooms }
const forms = (entry: Entry): string[] => (typeof entry === "string" ? [entry] : Object.values(entry))
const blanks = (entry: Entry): string[] => [...new Set(forms(entry).join().match(/\{\w+\}/g) ?? [])].sort()

test("both languages say everything, and fill the same blanks", () => {
  assert.deepEqual(Object.keys(esInbox), Object.keys(inbox))
  assert.deepEqual(Object.keys(esRooms), Object.keys(rooms))
  for (const [key, entry] of Object.entries(en)) assert.deepEqual(blanks(es[key]!), blanks(entry), key)
})

test("what the inbox says is loaded with it, and only what Settings, reports and walls say comes with them", () => {
  const source = new URL("..", import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith(".test.ts"))
  const behind = files.filter((name) => /^(settings|reports|wall)\/|^contact\/(Alike|Looks|Merging|People|Reasons|Twins|Withheld)|^parts\/(board|hooks|pushing|worked)|^ui\/Copyable/.test(name))
  const read = (names: string[]): string => names.map((name) => readFileSync(new URL(name, source), "utf8")).join("\n")
  const saidHere = new Set([...read(files.filter((name) => !behind.includes(name))).matchAll(/\bt\("([\w.]+)"/g)].map((found) => found[1]!))
  assert.deepEqual([...saidHere].filter((key) => key in rooms), [])
  const there = read(behind)
  const isSaidThere = (key: string): boolean => there.includes(key) || key.split(".").some((_, at, parts) => at > 0 && there.includes(parts.slice(0, at).join(".")))
  assert.deepEqual(Object.keys(rooms).filter((key) => !isSaidThere(key)), [])
})

test("a language that is only begun says nothing that is not to be said, and fills the same blanks", () => {
  for (const [key, entry] of Object.entries(ar)) {
    assert.ok(key in en, key)
    const said = en[key]!
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
