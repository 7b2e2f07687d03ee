/** What can be said in the search field besides words, and what is offered for the word being typed. Pure. */

export const OPERATORS = ["from", "channel", "platform", "tag", "kind", "lang", "before", "after", "is", "has", "assignee"] as const
export type Operator = (typeof OPERATORS)[number]

/** One value of an operator: `title` is what a person reads, `value` what is written. */
export interface Value {
  value: string
  title: string
}

export type Known = Partial<Record<Operator, readonly Value[]>>

/** `text`: what the field says once it is taken; `isWhole`: it can be looked for as it stands. */
export interface Offer {
  id: string
  title: string
  operator: Operator
  text: string
  isWhole: boolean
}

const MOST = 8

/** What stands before the last word, and that word. A quote that was opened and not closed is part of it. */
export function lastWord(typed: string): [string, string] {
  const found = /(?:^|\s)((?:[\p{L}]+:)?(?:"[^"]*"?|\S*))$/u.exec(typed)
  const word = found?.[1] ?? ""
  return [typed.slice(0, typed.length - word.length), word]
}

/** Operators that begin as the last word does, or the values of the operator it names. */
export function offers(typed: string, known: Known): Offer[] {
  const [before, word] = lastWord(typed)
  const small = word.toLocaleLowerCase()
  const at = small.indexOf(":")
  if (at < 0) {
    if (small === "" && before !== "") return []
    return OPERATORS.filter((one) => one.startsWith(small)).map((one) => ({
      id: one,
      title: `${one}:`,
      operator: one,
      text: `${before}${one}:`,
      isWhole: false,
    }))
  }
  const operator = OPERATORS.find((one) => one === small.slice(0, at))
  if (!operator) return []
  const sought = small.slice(at + 1).replaceAll('"', "")
  return (known[operator] ?? [])
    .filter((one) => `${one.title} ${one.value}`.toLocaleLowerCase().includes(sought))
    .slice(0, MOST)
    .map((one) => ({
      id: `${operator}:${one.value}`,
      title: one.title,
      operator,
      text: `${before}${operator}:${quoted(one.value)} `,
      isWhole: true,
    }))
}

export function quoted(value: string): string {
  return /[\s:"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value
}
