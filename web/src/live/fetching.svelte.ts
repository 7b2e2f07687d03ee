/** Words that a platform's rules let stay only so long: asked for once whenever a thread is opened. */

import type { Id, Message } from "../api/shapes.ts"
import { reasonOf } from "./actions.ts"
import { desk } from "./desk.svelte.ts"

/** `why`: in the server's words, where it could not ask. */
export interface Fetching {
  state: "asking" | "answered"
  why: string
}

/** Whether there is something to ask for: words that were let go, or the name of who wrote. */
export function isWanting(message: Message): boolean {
  if (message.direction !== "in" || message.erased || message.deleted_at) return false
  const author = message.author
  return message.purged || (author !== null && author.identity_id !== null && !author.name && !author.handle)
}

class Fetches {
  #known = $state.raw<ReadonlyMap<Id, Fetching>>(new Map())

  of(thread: Id): Fetching | undefined {
    return this.#known.get(thread)
  }

  /** The thread is opened: what was answered last time may be asked again. */
  open(thread: Id): void {
    if (this.#known.get(thread)?.state !== "answered") return
    const rest = new Map(this.#known)
    rest.delete(thread)
    this.#known = rest
  }

  async ask(thread: Id): Promise<void> {
    if (this.#known.has(thread)) return
    this.#set(thread, { state: "asking", why: "" })
    try {
      const { messages, why } = await desk.api.refetch(thread)
      for (const message of messages) desk.store.learn({ message })
      this.#set(thread, { state: "answered", why })
    } catch (problem) {
      this.#set(thread, { state: "answered", why: reasonOf(problem) })
    }
  }

  #set(thread: Id, fetching: Fetching): void {
    this.#known = new Map(this.#known).set(thread, fetching)
  }
}

export const fetches = new Fetches()
