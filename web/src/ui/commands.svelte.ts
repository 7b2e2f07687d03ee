/** What can be done now, by key, by palette and by button. Rooms add their commands while they are on the page. */

import { untrack } from "svelte"
import { strokeOf } from "./keys.ts"

export interface Command {
  id: string
  title: string
  group: string
  keys: string[] // see keys.ts; the first one is shown
  run: () => void
  isPossible?: () => boolean
  everywhere?: boolean // also outside list and thread; never in a field unless it holds Mod
  inField?: boolean // also while writing, for strokes with Mod
}

export const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform)

const CHORD = "g"

class Commands {
  #sets = $state.raw<readonly (readonly Command[])[]>([])
  chord = $state(false) // G was pressed and waits for its second key
  singleKeys = $state(true)
  remapped = $state.raw<Record<string, string>>({})

  get all(): Command[] {
    return this.#sets.flat().map((command) => {
      const own = this.remapped[command.id]
      return own === undefined ? command : { ...command, keys: own === "" ? [] : [own] }
    })
  }

  /** Adds commands; gives back how to take them away again. */
  add(commands: readonly Command[]): () => void {
    this.#sets = [...untrack(() => this.#sets), commands] // an effect that adds must not run again for having added
    return () => (this.#sets = untrack(() => this.#sets).filter((one) => one !== commands))
  }

  keyOf(id: string): string {
    return this.all.find((command) => command.id === id)?.keys[0] ?? ""
  }

  run(id: string): void {
    this.all.find((command) => command.id === id && (command.isPossible?.() ?? true))?.run()
  }

  /** Hears a key press; says whether it meant something. */
  hear(event: KeyboardEvent): boolean {
    const stroke = strokeOf(event, isMac)
    if (stroke === "" || event.defaultPrevented || document.querySelector("dialog[open]")) return false
    if (this.chord) {
      this.chord = false
      return stroke === "Escape" || this.#act(`${CHORD} ${stroke}`, event)
    }
    if (stroke === CHORD && isFree(event.target) && this.singleKeys && this.all.some(isChord)) return (this.chord = true)
    return this.#act(stroke, event)
  }

  #act(stroke: string, event: KeyboardEvent): boolean {
    const isSingle = !stroke.startsWith("Mod+") && stroke.replace(/^g /, "").replace(/^Shift\+/, "").length === 1
    if (isSingle && !this.singleKeys) return false
    const command = this.all.find(
      (one) => one.keys.includes(stroke) && mayAct(one, event.target) && (one.isPossible?.() ?? true),
    )
    command?.run()
    return command !== undefined
  }
}

function isChord(command: Command): boolean {
  return command.keys.some((key) => key.startsWith(`${CHORD} `))
}

function mayAct(command: Command, target: EventTarget | null): boolean {
  if (isField(target)) return command.inField ?? false
  return (command.everywhere ?? false) || isFree(target)
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Focus is in the list or the thread, and not on a control of theirs. */
function isFree(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target === document.body) return true
  if (isField(target) || target.closest("button, a, summary, [role=menu], dialog")) return false
  return target.closest("[data-keys]") !== null
}

export const commands = new Commands()
