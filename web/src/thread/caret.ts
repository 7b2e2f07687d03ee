/** The word before the caret, if it begins with a sign that asks for something. Pure. */

export interface Asked {
  sign: "/" | "@"
  query: string
  from: number // where the sign stands
}

const ASKED = /(?:^|[\s(])([/@])([^\s/@]{0,40})$/u

export function askedAt(text: string, caret: number): Asked | null {
  const found = ASKED.exec(text.slice(0, caret))
  if (!found) return null
  const query = found[2]!
  return { sign: found[1] as Asked["sign"], query, from: caret - query.length - 1 }
}
