/** The gaps in a text that is kept to be written again, filled as it is put into the composer. Pure. */

import type { Id } from "../api/shapes.ts"

/** As inbox/desk/variables.py knows them. */
export const VARIABLES = [
  "contact.first_name",
  "contact.name",
  "contact.handle",
  "agent.first_name",
  "agent.name",
  "channel.name",
  "platform.name",
  "workspace.name",
] as const
export type Values = Partial<Record<(typeof VARIABLES)[number], string>>

/** Words that stand, or what has filled a gap: with `words` "" nothing is known and nothing said instead. */
export interface Piece {
  words: string
  gap?: string
}

const GAP = /\{\{([^{}]*)\}\}/g

/** What fills a gap is never looked into: a name that looks like a gap is a name. */
export function piecesOf(text: string, values: Values): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const found of text.matchAll(GAP)) {
    const [name = "", instead = ""] = found[1]!.split("|").map((part) => part.trim())
    if (!VARIABLES.some((one) => one === name)) continue
    const value = oneLine(values[name as keyof Values] ?? "") || instead
    // "Hello ," would say that somebody's name is missing.
    const before = text.slice(end, found.index)
    pieces.push({ words: value ? before : before.replace(/ $/, "") }, { words: value, gap: name })
    end = found.index + found[0].length
  }
  pieces.push({ words: text.slice(end) })
  return pieces.filter((piece) => piece.words || piece.gap)
}

export function filled(text: string, values: Values): string {
  return piecesOf(text, values)
    .map((piece) => piece.words)
    .join("")
    .trim()
}

export const firstName = (name: string): string => oneLine(name).split(" ")[0]!

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

interface Offered {
  title: string
  shortcut: string
  text: string
  platforms: readonly string[]
  channel_ids: readonly Id[]
  uses: number
}

/** Whether it is offered in a conversation of this channel. */
export function isOffered(one: Offered, platform: string, channel: Id): boolean {
  if (one.platforms.length === 0 && one.channel_ids.length === 0) return true
  return one.platforms.includes(platform) || one.channel_ids.includes(channel)
}

/** What the typed word means: the shortcut first, then how a title begins, then what is in it, then what is used most. */
export function matching<T extends Offered>(all: readonly T[], typed: string): T[] {
  const word = typed.toLocaleLowerCase()
  return all
    .map((one) => ({ one, place: placeOf(one, word) }))
    .filter(({ place }) => place < 5)
    .sort((a, b) => a.place - b.place || b.one.uses - a.one.uses || a.one.title.localeCompare(b.one.title))
    .map(({ one }) => one)
}

function placeOf(one: Offered, word: string): number {
  const title = one.title.toLocaleLowerCase()
  if (word === "") return 0
  if (one.shortcut === word) return 0
  if (one.shortcut.startsWith(word)) return 1
  if (title.startsWith(word)) return 2
  if (title.includes(word)) return 3
  return one.text.toLocaleLowerCase().includes(word) ? 4 : 5
}
