/** How long a platform counts a text: at once as a browser can, and where it counts in its own way, as the server says. */

import type { Capabilities } from "../api/rooms.ts"
import type { Action } from "../api/shapes.ts"
import { desk } from "../live/desk.svelte.ts"
import { lengthOf } from "./abilities.ts"

const PAUSE = 200 // ms without a key before the server is asked

export class Counted {
  #known = $state.raw<{ key: string; length: number } | null>(null)
  #asked = ""
  #timer: ReturnType<typeof setTimeout> | undefined

  of(platform: string, action: Action | null, text: string, unit: Capabilities["text_unit"]): number {
    const here = lengthOf(text, unit)
    if (!text || action === null || !desk.platforms.get(platform)?.counts_itself) return here
    const key = `${platform} ${action} ${text}`
    this.#ask(key, platform, action, text)
    return this.#known?.key === key ? this.#known.length : here
  }

  #ask(key: string, platform: string, action: Action, text: string): void {
    if (this.#asked === key) return
    this.#asked = key
    clearTimeout(this.#timer)
    this.#timer = setTimeout(async () => {
      try {
        const { length } = await desk.api.measure(platform, action, text)
        if (this.#asked === key) this.#known = { key, length }
      } catch {
        // The browser's own count stands; the server judges again when it is sent.
      }
    }, PAUSE)
  }
}
