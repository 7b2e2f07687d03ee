/** Rows picked for one act on all of them. */

import type { Id } from "../api/shapes.ts"

export class Picking {
  #ids = $state.raw<ReadonlySet<Id>>(new Set())
  everything = $state<number | null>(null) // so many match, and all of them are meant

  get size(): number {
    return this.#ids.size
  }

  get ids(): Id[] {
    return [...this.#ids]
  }

  has(id: Id): boolean {
    return this.#ids.has(id)
  }

  toggle(id: Id): void {
    this.everything = null
    const ids = new Set(this.#ids)
    if (!ids.delete(id)) ids.add(id)
    this.#ids = ids
  }

  add(ids: readonly Id[]): void {
    this.#ids = new Set([...this.#ids, ...ids])
  }

  clear(): void {
    this.everything = null
    if (this.#ids.size > 0) this.#ids = new Set()
  }
}
