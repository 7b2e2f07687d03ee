/** What is offered for the word before the caret, chosen without leaving the text. */

import { askedAt, type Asked } from "./caret.ts"

export class Suggesting {
  #asked = $state.raw<Asked | null>(null)
  #place = $state(0)
  #declined = -1 // where the sign stands that was waved away

  get asked(): Asked | null {
    return this.#asked
  }

  /** The place of the one that Enter would take, of so many. */
  current(of: number): number {
    return Math.min(this.#place, Math.max(0, of - 1))
  }

  point(place: number): void {
    this.#place = place
  }

  look(box: HTMLTextAreaElement): void {
    const asked = box.selectionStart === box.selectionEnd ? askedAt(box.value, box.selectionStart) : null
    if (asked?.from !== this.#declined) this.#declined = -1
    const next = asked?.from === this.#declined ? null : asked
    if (next?.from !== this.#asked?.from || next?.query !== this.#asked?.query) this.#place = 0
    this.#asked = next
  }

  decline(): void {
    this.#declined = this.#asked?.from ?? -1
    this.#asked = null
  }

  close(): void {
    this.#asked = null
  }

  /** Whether this key was for the list rather than for the text. */
  press(event: KeyboardEvent, count: number, choose: (place: number) => void): boolean {
    if (this.#asked === null || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? count - 1 : 0
    if (event.key === "Escape") this.decline()
    else if (count === 0) return false
    else if (step > 0) this.#place = (this.current(count) + step) % count
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(this.current(count))
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
}

/** Puts a text where these letters stand, so that the browser's own undo takes it back. */
export function insert(box: HTMLTextAreaElement, text: string, from = box.selectionStart, to = box.selectionEnd): void {
  box.focus()
  box.setSelectionRange(from, to)
  if (document.execCommand("insertText", false, text)) return
  box.setRangeText(text, from, to, "end")
  box.dispatchEvent(new InputEvent("input", { bubbles: true }))
}
