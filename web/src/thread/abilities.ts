/** What may be written here, how long it may be, and what a text counts. Pure. */

import type { Capabilities } from "../api/rooms.ts"
import type { Action, Kind, Visibility } from "../api/shapes.ts"

/** The platform's act behind a kind of reply, or null for a note. */
export function actionOf(kind: Kind, visibility: Visibility): Action | null {
  if (visibility === "note") return null
  if (visibility === "public") return "reply"
  return kind === "dm" ? "dm" : "private_reply"
}

export function isPossible(abilities: Capabilities | undefined, kind: Kind, action: Action | null): boolean {
  if (action === null) return true
  return abilities?.actions[kind]?.includes(action) ?? false
}

/** The ways to write that make sense in this kind of conversation; whether each is possible is another question. */
export function waysOf(kind: Kind): Visibility[] {
  return kind === "dm" ? ["private", "note"] : ["public", "private", "note"]
}

const segmenter = new Intl.Segmenter()

/** The length as the platform counts it. */
export function lengthOf(text: string, unit: Capabilities["text_unit"]): number {
  if (unit === "bytes") return new TextEncoder().encode(text).length
  if (unit === "graphemes") return [...segmenter.segment(text)].length
  return [...text].length
}
