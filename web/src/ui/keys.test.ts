import assert from "node:assert/strict"
import { test } from "node:test"
import { legend, type Press, strokeOf } from "./keys.ts"

function press(given: Partial<Press>): Press {
  return { key: "", code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...given }
}

const altGr = (name: string): boolean => name === "AltGraph"

const cases: [string, Partial<Press>, string][] = [
  ["a plain letter", { key: "e", code: "KeyE" }, "e"],
  ["caps lock changes nothing", { key: "E", code: "KeyE" }, "e"],
  ["shift and a letter", { key: "E", code: "KeyE", shiftKey: true }, "Shift+E"],
  ["a letter goes by what the layout writes", { key: "q", code: "KeyA" }, "q"],
  ["a Cyrillic layout goes by the place of the key", { key: "у", code: "KeyE" }, "e"],
  ["a Hebrew layout too", { key: "ק", code: "KeyE" }, "e"],
  ["a sign goes by what is written, shift or not", { key: "?", code: "Slash", shiftKey: true }, "?"],
  ["a sign typed with AltGr", { key: "#", code: "Digit3", altKey: true, ctrlKey: true, getModifierState: altGr }, "#"],
  ["AltGr and a letter is a letter of the layout, not a command", { key: "e", code: "KeyE", getModifierState: altGr }, ""],
  ["control", { key: "k", code: "KeyK", ctrlKey: true }, "Mod+k"],
  ["control, shift and Enter", { key: "Enter", code: "Enter", ctrlKey: true, shiftKey: true }, "Mod+Shift+Enter"],
  ["never Alt and a letter", { key: "e", code: "KeyE", altKey: true }, ""],
  ["an input method composes", { key: "e", code: "KeyE", isComposing: true }, ""],
  ["an input method has taken the key", { key: "Process", code: "KeyE", keyCode: 229 }, ""],
  ["a modifier alone", { key: "Shift", code: "ShiftLeft", shiftKey: true }, ""],
]

for (const [name, given, expected] of cases) test(name, () => assert.equal(strokeOf(press(given), false), expected))

test("on a Mac the command key leads, and control is the system's", () => {
  assert.equal(strokeOf(press({ key: "k", code: "KeyK", metaKey: true }), true), "Mod+k")
  assert.equal(strokeOf(press({ key: "k", code: "KeyK", ctrlKey: true }), true), "")
})

test("a legend reads as the keyboard does", () => {
  assert.equal(legend("Mod+Shift+Enter", false), "Ctrl-Shift-Enter")
  assert.equal(legend("g i", false), "G I")
  assert.equal(legend("+", false), "+")
  assert.equal(legend("Mod+k", true), "⌘K")
})
