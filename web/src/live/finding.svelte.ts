/** What was looked for and found, as far as one has scrolled. */

import { Problem } from "../api/client.ts"
import type { Hit } from "../api/rooms.ts"
import type { Id, Person } from "../api/shapes.ts"
import { desk } from "./desk.svelte.ts"

const KEPT = "earshot.searches"
const MOST_KEPT = 8

class Finding {
  words = $state("")
  hits = $state.raw<readonly Hit[]>([])
  people = $state.raw<readonly Person[]>([])
  next = $state.raw<string | null>(null)
  backTo = $state.raw<string | null>(null)
  isAsking = $state(false)
  problem = $state.raw<unknown>(null)
  recent = $state.raw<readonly string[]>(kept())
  #turn = 0 // an answer to what was typed before is of no use any more

  cameFrom = "/inbox/mine" // where one was before searching

  of(conversation: Id): Hit | undefined {
    return this.hits.find((hit) => hit.conversation.id === conversation)
  }

  async ask(words: string): Promise<void> {
    if (words === this.words && (this.isAsking || this.problem === null)) return
    this.words = words
    await this.#load(null)
  }

  /** Once more, from the beginning. */
  again = (): Promise<void> => this.#load(null)

  async more(): Promise<void> {
    if (this.next !== null && !this.isAsking && this.problem === null) await this.#load(this.next)
  }

  async #load(cursor: string | null): Promise<void> {
    const turn = ++this.#turn
    this.isAsking = true
    this.problem = null
    try {
      const page = await desk.api.search(this.words, Intl.DateTimeFormat().resolvedOptions().timeZone, cursor)
      if (turn !== this.#turn) return
      const known = new Set(cursor === null ? [] : this.hits.map((hit) => hit.conversation.id))
      const fresh = page.items.filter((hit) => !known.has(hit.conversation.id))
      this.hits = cursor === null ? fresh : [...this.hits, ...fresh]
      if (cursor === null) this.people = page.people
      this.next = page.next
      this.backTo = page.back_to
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      if (turn !== this.#turn) return
      this.problem = problem
      if (cursor === null) this.clear()
    } finally {
      if (turn === this.#turn) this.isAsking = false
    }
  }

  clear(): void {
    this.hits = []
    this.people = []
    this.next = null
    this.backTo = null
  }

  /** Somebody looked at what was found: the words are worth offering again. */
  remember(words: string): void {
    const whole = words.trim()
    if (whole.length < 2) return
    this.recent = [whole, ...this.recent.filter((one) => one !== whole)].slice(0, MOST_KEPT)
    keep(this.recent)
  }

  forget(): void {
    this.recent = []
    keep([])
  }
}

function kept(): string[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]") as string[]
  } catch {
    return []
  }
}

function keep(recent: readonly string[]): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(recent))
  } catch {
    // Storage is closed to us: it holds until the page is left.
  }
}

export const finding = new Finding()
