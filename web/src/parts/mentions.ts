/** Which words of a note stand for a colleague. Pure. */

import type { Id, Mention } from "../api/shapes.ts"

/** Words that stand, or a person whom they name. */
export interface Piece {
  text: string
  person?: Id
}

export function piecesOf(text: string, mentions: readonly Mention[]): Piece[] {
  const pieces: Piece[] = []
  let rest = text
  for (let next = firstIn(rest, mentions); next; next = firstIn(rest, mentions)) {
    if (next.at > 0) pieces.push({ text: rest.slice(0, next.at) })
    pieces.push({ text: `@${next.who.name}`, person: next.who.user_id })
    rest = rest.slice(next.at + next.who.name.length + 1)
  }
  if (rest) pieces.push({ text: rest })
  return pieces
}

/** Of those who are called in a text, each once; of two names that begin alike the longer counts. */
export function named(text: string, people: readonly Mention[]): Id[] {
  return [...new Set(piecesOf(text, people).flatMap((piece) => piece.person ?? []))]
}

function firstIn(text: string, mentions: readonly Mention[]): { at: number; who: Mention } | null {
  return mentions
    .map((who) => ({ at: who.name ? placeOf(text, `@${who.name}`) : -1, who }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at || b.who.name.length - a.who.name.length)[0] ?? null
}

/** Where the name stands as words of its own: @Ana is not in @Anabel, nor in mia@Ana. */
function placeOf(text: string, name: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    if (!/[\p{L}\p{N}]$/u.test(text.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(text.slice(at + name.length))) return at
  return -1
}
