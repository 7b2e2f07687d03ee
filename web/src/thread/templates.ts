/** What a person reads of a template, as inbox/desk/wording.py puts it together. Pure. */

import type { Template } from "../api/rooms.ts"

/** Words that stand, or a gap and what fills it. */
export type Piece = { words: string } | { gap: number; value: string }

const GAP = /\{\{\s*(\d+)\s*\}\}/g

/** The body in pieces; what looks like a gap and is none of the template's stays as it is written. */
export function piecesOf(template: Template, values: readonly string[]): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const found of template.body.matchAll(GAP)) {
    const gap = Number(found[1])
    if (found[1] !== String(gap) || gap < 1 || gap > template.parameters.length) continue
    if (found.index > end) pieces.push({ words: template.body.slice(end, found.index) })
    pieces.push({ gap, value: (values[gap - 1] ?? "").trim() })
    end = found.index + found[0].length
  }
  if (end < template.body.length) pieces.push({ words: template.body.slice(end) })
  return pieces
}

/** The whole text, with every gap filled. */
export function readsOf(template: Template, values: readonly string[]): string {
  const whole = piecesOf(template, values).map((piece) => ("words" in piece ? piece.words : piece.value))
  return whole.join("").trim() || template.name
}

export function isFilled(template: Template, values: readonly string[]): boolean {
  return template.parameters.every((_, at) => (values[at] ?? "").trim() !== "")
}

/** The words that stand around a gap, to say which it is. */
export function aroundGap(template: Template, gap: number): { before: string; after: string } {
  const pieces = piecesOf(template, [])
  const at = pieces.findIndex((piece) => "gap" in piece && piece.gap === gap)
  const words = (piece: Piece | undefined): string => (piece && "words" in piece ? piece.words : "")
  return { before: lastOf(words(pieces[at - 1])), after: firstOf(words(pieces[at + 1])) }
}

/** The body at a glance, its gaps left open. */
export function glanceOf(template: Template): string {
  return piecesOf(template, [])
    .map((piece) => ("words" in piece ? piece.words : "…"))
    .join("")
}

const wordsOf = (text: string): string[] => text.replace(/^[\s\p{P}]+|[\s\p{P}]+$/gu, "").split(/\s+/)
const firstOf = (text: string): string => wordsOf(text).slice(0, 3).join(" ")
const lastOf = (text: string): string => wordsOf(text).slice(-3).join(" ")
