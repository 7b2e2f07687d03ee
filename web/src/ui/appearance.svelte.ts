/** How the page looks on this machine: theme, density, language, keys. Kept here, not on the server. */

import { commands } from "./commands.svelte.ts"

export type Theme = "system" | "light" | "dark"
export type Density = "comfortable" | "compact"

interface Kept {
  theme?: Theme
  density?: Density
  singleKeys?: boolean
  keys?: Record<string, string>
}

const NAME = "earshot.appearance"

function read(): Kept {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "{}") as Kept
  } catch {
    return {}
  }
}

class Appearance {
  theme = $state<Theme>("system")
  density = $state<Density>("comfortable")
  #root = $state(16) // the reader's own text size, px

  constructor() {
    const kept = read()
    this.theme = kept.theme ?? "system"
    this.density = kept.density ?? "comfortable"
    commands.singleKeys = kept.singleKeys ?? true
    commands.remapped = kept.keys ?? {}
    this.#root = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16
  }

  /** px of one row of the list. */
  get rowHeight(): number {
    return (this.density === "compact" ? 2.75 : 4) * this.#root
  }

  setTheme(theme: Theme): void {
    this.theme = theme
    if (theme === "system") delete document.documentElement.dataset["theme"]
    else document.documentElement.dataset["theme"] = theme
    this.#keep()
  }

  setDensity(density: Density): void {
    this.density = density
    if (density === "compact") document.documentElement.dataset["density"] = "compact"
    else delete document.documentElement.dataset["density"]
    this.#keep()
  }

  setSingleKeys(on: boolean): void {
    commands.singleKeys = on
    this.#keep()
  }

  /** Gives a command another key; "" takes its key away, null gives its own back. */
  remap(id: string, stroke: string | null): void {
    const keys = { ...commands.remapped }
    if (stroke === null) delete keys[id]
    else keys[id] = stroke
    commands.remapped = keys
    this.#keep()
  }

  #keep(): void {
    const kept: Kept = {
      theme: this.theme,
      density: this.density,
      singleKeys: commands.singleKeys,
      keys: commands.remapped,
    }
    try {
      localStorage.setItem(NAME, JSON.stringify(kept))
    } catch {
      // Storage is closed to us: it holds until the page is left.
    }
  }
}

export const appearance = new Appearance()
