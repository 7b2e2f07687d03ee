/** What is being written, per conversation: kept while one looks elsewhere, and on the server a moment after a pause. */

import { Problem } from "../api/client.ts"
import type { Id, Message, Visibility } from "../api/shapes.ts"
import { desk } from "../live/desk.svelte.ts"

export interface Page {
  visibility: Visibility
  text: string
  replyTo: Id | null // null: whoever has waited longest
  also: readonly Id[] // people answered besides, by the item they wait with
  savedReplies: readonly Id[] // what the text was made from
  key: string // stays the same until this text was taken, so that a repeated try posts nothing twice
}

const PAUSE = 800
const KEPT = 200

class Writings {
  #pages = $state.raw<ReadonlyMap<Id, Page>>(new Map())
  #timers = new Map<Id, ReturnType<typeof setTimeout>>()
  #saved = new Set<Id>() // conversations with a draft on the server
  #asked = new Set<Id>()

  page(id: Id, preset: Visibility): Page {
    return this.#pages.get(id) ?? { visibility: preset, text: "", replyTo: null, also: [], savedReplies: [], key: "" }
  }

  change(id: Id, preset: Visibility, change: Partial<Page>): void {
    const before = this.page(id, preset)
    const isOther = change.text !== undefined && change.text !== before.text
    this.#put(id, { ...before, key: isOther || !before.key ? newKey() : before.key, ...change })
    if (isOther || change.visibility !== undefined) this.#saveSoon(id)
  }

  /** The draft another day or another device left here. */
  async fetch(id: Id): Promise<void> {
    if (this.#asked.has(id) || this.#pages.has(id)) return
    this.#asked.add(id)
    try {
      const draft = await desk.api.draft(id)
      if (!draft?.text) return
      this.#saved.add(id)
      if (!this.#pages.has(id))
        this.#put(id, { visibility: draft.visibility, text: draft.text, replyTo: draft.reply_to, also: [], savedReplies: [], key: newKey() })
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 404) this.#asked.delete(id)
    }
  }

  /** The text was taken; nothing is left to keep. */
  sent(id: Id): void {
    const before = this.#pages.get(id)
    if (before) this.#put(id, { ...before, text: "", replyTo: null, also: [], savedReplies: [], key: "" })
    clearTimeout(this.#timers.get(id))
    if (this.#saved.delete(id)) void desk.api.dropDraft(id).catch(() => undefined) // the server drops it with the send too
  }

  #put(id: Id, page: Page): void {
    const pages = new Map(this.#pages)
    pages.delete(id)
    pages.set(id, page)
    for (const old of pages.keys()) if (pages.size > KEPT) pages.delete(old)
    this.#pages = pages
  }

  #saveSoon(id: Id): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.set(
      id,
      setTimeout(() => void this.#save(id), PAUSE),
    )
  }

  async #save(id: Id): Promise<void> {
    const page = this.#pages.get(id)
    if (!page) return
    try {
      if (page.text.trim() === "") {
        if (this.#saved.delete(id)) await desk.api.dropDraft(id)
      } else {
        this.#saved.add(id)
        await desk.api.keepDraft(id, { visibility: page.visibility, text: page.text, reply_to: page.replyTo })
      }
    } catch {
      // It is still here, and saved with the next letter.
    }
  }
}

/** Random, also where the page is not served securely and `randomUUID` is missing. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

const writings = new Writings()

/** The composer's memory, and how the rest of the page asks it to open. */
export class Writing {
  readonly drafts = writings
  wanted = $state.raw<{ visibility: Visibility | null; message: Message | null; text?: string } | null>(null)

  /** Opens the composer, in this mode if one is named. */
  open(visibility: Visibility | null = null): void {
    this.wanted = { visibility, message: null }
  }

  /** Opens it with this text put in, its gaps filled. */
  put(text: string): void {
    this.wanted = { visibility: null, message: null, text }
  }

  /** Opens it as an answer to this item. */
  answer(message: Message): void {
    this.wanted = { visibility: null, message }
  }
}
