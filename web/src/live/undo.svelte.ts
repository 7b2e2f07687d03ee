/** What Z would take back, for as long as it still can. */

import { notices } from "./notices.svelte.ts"
import { t } from "../ui/text.ts"

const OFFERED_FOR = 12_000

interface Offer {
  run: () => void
  until: number
}

class Undo {
  #offer: Offer | null = null
  #hide: (() => void) | null = null

  /** The bubble itself says what is under way and offers to take it back. */
  quietly(run: () => void, ms: number): void {
    this.#clear()
    this.#offer = this.#once(run, ms)
  }

  /** Says what was done, and how to take it back within `ms`. */
  offer(text: string, run: () => void, ms = OFFERED_FOR): void {
    const offer = this.#once(run, ms)
    this.#hide?.()
    this.#offer = offer
    this.#hide = notices.say(text, { act: { title: t("undo"), run: offer.run }, for: ms })
  }

  /** Takes the last thing back, and nothing else if that is no longer possible. */
  run(): void {
    const offer = this.#offer
    if (!offer || offer.until < Date.now()) {
      this.#clear()
      notices.say(t("undo.too_late"))
      return
    }
    offer.run()
  }

  #once(run: () => void, ms: number): Offer {
    return {
      run: () => {
        this.#clear()
        run()
      },
      until: Date.now() + ms,
    }
  }

  #clear(): void {
    this.#offer = null
    this.#hide?.()
    this.#hide = null
  }
}

export const undo = new Undo()
