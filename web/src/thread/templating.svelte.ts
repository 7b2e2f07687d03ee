/** The template somebody is about to send in one conversation: kept while they look away, and given back by an undo. */

import type { Template } from "../api/rooms.ts"
import type { Id } from "../api/shapes.ts"
import { newKey } from "./writing.svelte.ts"

export class Templating {
  isOpen = $state(false)
  template = $state.raw<Template | null>(null)
  values = $state.raw<readonly string[]>([])
  #key = ""
  #sent: { message: Id; template: Template; values: readonly string[] } | null = null

  /** Stays the same until something else would be sent, so that a repeated try sends nothing twice. */
  get key(): string {
    return (this.#key ||= newKey())
  }

  choose(template: Template | null): void {
    if (template !== this.template) this.values = template?.parameters.map(() => "") ?? []
    this.template = template
    this.#key = ""
  }

  fill(at: number, value: string): void {
    this.values = this.values.map((one, place) => (place === at ? value : one))
    this.#key = ""
  }

  sent(message: Id): void {
    if (this.template) this.#sent = { message, template: this.template, values: this.values }
    this.choose(null)
    this.isOpen = false
  }

  /** It was called back: it lies here again as it was. Gives whether it was the one. */
  back(message: Id): boolean {
    if (this.#sent?.message !== message) return false
    this.choose(this.#sent.template)
    this.values = this.#sent.values
    this.isOpen = true
    return true
  }

  /** Somewhere else now. */
  clear(): void {
    this.choose(null)
    this.isOpen = false
    this.#sent = null
  }
}
