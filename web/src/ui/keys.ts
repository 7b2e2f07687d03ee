/**
 * Which key a person meant. Pure.
 *
 * A stroke is written "e", "Shift+E", "Mod+Enter", "?", "g i". Signs go by `event.key` (with whatever Shift or AltGr
 * the layout needs); letters too, but by `event.code` where the layout writes other letters.
 */

export interface Press {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
  isComposing: boolean
  keyCode?: number
  getModifierState?(name: string): boolean
}

const COMPOSING = 229 // what a browser reports for keys an input method has taken

/** The stroke this press means, or "" if it means none. */
export function strokeOf(press: Press, isMac: boolean): string {
  if (press.isComposing || press.keyCode === COMPOSING) return ""
  const isAltGr = press.getModifierState?.("AltGraph") ?? false
  const hasMod = isMac ? press.metaKey : press.ctrlKey
  const isForeign = isMac ? press.ctrlKey : press.metaKey
  const name = nameOf(press)
  if (name === "") return ""
  if (isAltGr) return isSign(name) ? name : ""
  if (isForeign || press.altKey) return ""
  const isShifted = press.shiftKey && !isSign(name)
  return [hasMod ? "Mod" : "", isShifted ? "Shift" : "", isShifted && name.length === 1 ? name.toUpperCase() : name].filter(Boolean).join("+")
}

function nameOf({ key, code }: Press): string {
  if (key.length > 1) return ["Shift", "Control", "Alt", "Meta", "AltGraph", "Dead"].includes(key) ? "" : key
  if (/^[a-z]$/i.test(key)) return key.toLowerCase()
  const letter = /^Key([A-Z])$/.exec(code)
  if (letter && /\p{L}/u.test(key)) return letter[1]!.toLowerCase()
  return key
}

function isSign(name: string): boolean {
  return name.length === 1 && !/[a-z]/i.test(name)
}

/** The key as a person reads it on a button. */
export function legend(stroke: string, isMac: boolean): string {
  if (stroke === "+") return stroke
  return stroke
    .split(" ")
    .map((part) =>
      part
        .split("+")
        .map((piece) => legends(isMac)[piece] ?? (piece.length === 1 ? piece.toUpperCase() : piece))
        .filter(Boolean)
        .join(isMac ? "" : "-"),
    )
    .join(" ")
}

const arrows = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" }

function legends(isMac: boolean): Record<string, string> {
  return isMac
    ? { ...arrows, Mod: "⌘", Shift: "⇧", Enter: "↩", Escape: "esc" }
    : { ...arrows, Mod: "Ctrl", Escape: "Esc" }
}

/** The value `aria-keyshortcuts` wants. */
export function ariaKeys(stroke: string, isMac: boolean): string {
  return stroke.replaceAll("Mod", isMac ? "Meta" : "Control").replace(/ .*/, "")
}
