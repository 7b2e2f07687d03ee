/** Sending what was written, and what came back instead: a colleague's newer answer, or a reason. */

import { Problem } from "../api/client.ts"
import type { Id, Message } from "../api/shapes.ts"
import { reasonOf, write } from "../live/actions.ts"
import { desk } from "../live/desk.svelte.ts"
import { named } from "../parts/mentions.ts"
import type { Composing, Given } from "./composing.svelte.ts"
import { readsOf } from "./templates.ts"
import { Templating } from "./templating.svelte.ts"

interface How {
  andResolve?: boolean
  at?: Date | null // not now
  isAskedFirst?: boolean // a colleague is to approve it
  anyway?: boolean // having seen what a colleague answered
}

export class Sender {
  isSending = $state(false)
  trouble = $state("")
  newer = $state.raw<readonly Message[]>([]) // what a colleague answered that this answer had not seen
  isTemplateHeld = $state(false) // ... and it is a template that waits for a word
  readonly templating = new Templating()
  readonly #given: () => Given
  readonly #composing: Composing

  constructor(given: () => Given, composing: Composing) {
    this.#given = given
    this.#composing = composing
  }

  mayLeave = $derived.by(() => this.#composing.mayLeave && !this.isSending)
  maySend = $derived.by(() => this.#composing.maySend && !this.isSending)

  /** Somewhere else now. */
  clear(): void {
    this.trouble = ""
    this.newer = []
    this.isTemplateHeld = false
    this.templating.clear()
  }

  /** Gives whether it was taken. */
  async send({ andResolve = false, anyway = false, at = null, isAskedFirst = false }: How = {}): Promise<boolean> {
    if (!this.maySend) return false
    const { row, writing } = this.#given()
    const { page, preset, way, target, answers } = this.#composing
    const { text, key, savedReplies } = page
    this.isSending = true
    this.trouble = ""
    const seen = this.#lastSeen()
    writing.drafts.change(row.id, preset, { text: "" })
    try {
      if (way === "note" && text.includes("@")) await this.#composing.askColleagues()
      await write(
        row,
        {
          visibility: way,
          text: text.trim(),
          reply_to: way === "note" || row.kind === "dm" ? null : (target?.id ?? null),
          answers,
          seen,
          ...(way === "note" ? { mentions: named(text, this.#composing.colleagues) } : {}),
          ...(savedReplies.length > 0 ? { saved_replies: savedReplies } : {}),
          ...(at && way !== "note" ? { send_at: at.toISOString() } : {}),
          ...(isAskedFirst && way !== "note" ? { for_approval: true } : {}),
          ...(andResolve && way !== "note" ? { and_resolve: true } : {}),
          ...(anyway ? { anyway: true } : {}),
        },
        key,
      )
      writing.drafts.sent(row.id)
      this.newer = []
      return true
    } catch (problem) {
      writing.drafts.change(row.id, preset, { text, key })
      this.#explain(problem)
      return false
    } finally {
      this.isSending = false
    }
  }

  async sendTemplate({ andResolve = false, anyway = false }: How = {}): Promise<boolean> {
    const { template, values, key } = this.templating
    if (!template || !this.mayLeave) return false
    const { row } = this.#given()
    this.isSending = true
    this.trouble = ""
    const parameters = values.map((value) => value.trim())
    try {
      const message = await write(
        row,
        {
          visibility: "private",
          text: "",
          template: { name: template.name, language: template.language, parameters },
          reply_to: null,
          answers: this.#composing.answers,
          seen: this.#lastSeen(),
          ...(andResolve ? { and_resolve: true } : {}),
          ...(anyway ? { anyway: true } : {}),
        },
        key,
        readsOf(template, parameters),
      )
      this.templating.sent(message.id)
      this.newer = []
      this.isTemplateHeld = false
      return true
    } catch (problem) {
      this.#explain(problem)
      this.isTemplateHeld = this.newer.length > 0
      if (this.isTemplateHeld) this.templating.isOpen = false // first what a colleague has answered; it lies ready meanwhile
      return false
    } finally {
      this.isSending = false
    }
  }

  /** Back to writing; gives whether the text is what one goes back to. */
  keepEditing(): boolean {
    const isTemplate = this.isTemplateHeld
    this.newer = []
    this.trouble = ""
    this.isTemplateHeld = false
    if (isTemplate) this.templating.isOpen = true
    return !isTemplate
  }

  #lastSeen(): Id | null {
    return [...this.#given().messages, ...this.newer].filter((one) => one.version > 0).at(-1)?.id ?? null
  }

  #explain(problem: unknown): void {
    if (problem instanceof Problem && problem.code === "newer_answer") {
      this.newer = (problem.extra["newer"] as Message[] | undefined) ?? []
      for (const message of this.newer) desk.store.learn({ message })
    }
    this.trouble = reasonOf(problem)
  }
}
