/** What can be written in one conversation just now: to whom, how long, until when, and what stands in the way. */

import type { Conversation, Id, Mention, Message, Visibility, Waiting } from "../api/shapes.ts"
import { desk } from "../live/desk.svelte.ts"
import { authorOf, coveredBy, isUnanswered } from "../live/people.ts"
import { personName, platformTitle } from "../parts/words.ts"
import { firstName, isOffered, type Values } from "../parts/variables.ts"
import { clock } from "../ui/time.svelte.ts"
import { actionOf, isPossible, waysOf } from "./abilities.ts"
import { Counted } from "./counted.svelte.ts"
import type { Page, Writing } from "./writing.svelte.ts"

export interface Given {
  row: Conversation
  messages: readonly Message[]
  waiting: readonly Waiting[]
  writing: Writing
  isReady: boolean
}

export class Composing {
  readonly #given: () => Given
  readonly #counts = new Counted()

  constructor(given: () => Given) {
    this.#given = given
  }

  #row = $derived.by(() => this.#given().row)
  channel = $derived.by(() => desk.channel(this.#row.channel_id))
  platform = $derived.by(() => platformTitle(this.#row.platform))
  abilities = $derived.by(() => desk.platforms.get(this.#row.platform)?.capabilities)

  ways = $derived.by(() => waysOf(this.#row.kind))
  preset = $derived.by<Visibility>(() => this.ways.find((way) => this.possible(way)) ?? "note")
  page = $derived.by<Page>(() => this.#given().writing.drafts.page(this.#row.id, this.preset))
  way = $derived.by<Visibility>(() => (this.possible(this.page.visibility) ? this.page.visibility : this.preset))
  action = $derived.by(() => actionOf(this.#row.kind, this.way))

  #inbound = $derived.by(() => this.#given().messages.filter((one) => one.direction === "in" && one.deleted_at === null))
  /** What it answers: what was chosen, or whoever has waited longest. */
  target = $derived.by(
    () =>
      this.#inbound.find((one) => one.id === this.page.replyTo) ??
      this.#inbound.find((one) => one.id === this.#given().waiting[0]?.item_id) ??
      this.#inbound.at(-1),
  )
  others = $derived.by(() => {
    const target = this.target
    return target ? this.#given().waiting.filter((one) => (one.person.identity_id ?? one.item_id) !== authorOf(target)) : []
  })
  answers = $derived.by(() => {
    if (this.way === "note" || !this.target) return []
    if (this.#row.kind === "dm") return this.#inbound.filter(isUnanswered).map((one) => one.id)
    const also = this.#inbound.filter((one) => this.page.also.includes(one.id))
    return [...new Set([this.target, ...also].flatMap((one) => coveredBy(one, this.#inbound)))]
  })

  /** What the gaps of a kept text are filled with here. */
  values = $derived.by<Values>(() => {
    const person = this.target?.author ?? this.#row.person
    const agent = desk.member(desk.me)?.name ?? desk.session?.user.name ?? ""
    return {
      "contact.first_name": firstName(person.name),
      "contact.name": person.name || person.handle,
      "contact.handle": person.handle,
      "agent.first_name": firstName(agent),
      "agent.name": agent,
      "channel.name": this.channel?.name ?? "",
      "platform.name": this.platform,
      "workspace.name": desk.session?.workspace.name ?? "",
    }
  })
  /** The kept texts that are offered here. */
  savedReplies = $derived.by(() => desk.savedReplies.filter((one) => isOffered(one, this.#row.platform, this.#row.channel_id)))

  #colleagues = $state.raw<{ of: Id; people: readonly Mention[] | null } | null>(null)
  /** Whom a note may name, once they were asked for. */
  colleagues = $derived.by(() => (this.#colleagues?.of === this.#row.id ? (this.#colleagues.people ?? []) : []))
  isAskingColleagues = $derived.by(() => !this.#colleagues?.people)

  async askColleagues(): Promise<void> {
    const of = this.#row.id
    if (this.#colleagues?.of === of) return
    this.#colleagues = { of, people: null }
    try {
      const people = (await desk.api.colleagues(of)).items.map((one) => ({ user_id: one.id, name: one.name }))
      this.#colleagues = { of, people }
    } catch {
      this.#colleagues = null // asked again with the next sign
    }
  }

  limit = $derived.by(() => (this.action ? this.abilities?.text_limits[this.action] : undefined))
  length = $derived.by(() => this.lengthOf(this.page.text.trim()))
  hasText = $derived.by(() => this.page.text.trim() !== "")
  isTooLong = $derived.by(() => this.limit !== undefined && this.length > this.limit)

  /** Until when the platform takes this, or null if it sets no end. */
  window = $derived.by(() => {
    if (this.action === "dm") return this.#row.reply_window_until ? Date.parse(this.#row.reply_window_until) : null
    const hours = this.action ? this.abilities?.window_hours[this.action] : undefined
    return hours && this.target ? Date.parse(this.target.at) + hours * 3_600_000 : null
  })
  refused = $derived.by(() => (this.way === "public" ? (this.target?.reply_refused ?? "") : ""))
  /** Why nobody can answer this in public from here: said also where only a note is left to write. */
  hint = $derived.by(() => this.refused || (this.possible("public") ? "" : (this.target?.reply_refused ?? "")))
  isClosed = $derived.by(() => this.window !== null && this.window <= clock.now)
  isStopped = $derived.by(() => this.way !== "note" && (desk.workspace?.outbound_stopped || this.channel?.outbound_stopped))
  isDisabled = $derived.by(() => this.way !== "note" && this.channel?.state === "disabled")
  mayLeave = $derived.by(() => this.#given().isReady && desk.mayWrite && !this.isDisabled)
  maySend = $derived.by(() => this.hasText && !this.refused && !this.isTooLong && !this.isClosed && this.mayLeave)
  /** Too late for words of one's own, but not for what the platform has approved. */
  takesTemplates = $derived.by(
    () => this.isClosed && this.action === "dm" && (this.abilities?.templates ?? false) && this.channel?.state !== "disabled",
  )

  /** As the platform counts it; nothing but characters where it is only for us. */
  lengthOf(text: string, counts = this.#counts): number {
    return counts.of(this.#row.platform, this.action, text, this.abilities?.text_unit ?? "characters")
  }

  possible(way: Visibility): boolean {
    return this.abilities === undefined || isPossible(this.abilities, this.#row.kind, actionOf(this.#row.kind, way))
  }

  change(part: Partial<Page>): void {
    this.#given().writing.drafts.change(this.#row.id, this.preset, part)
  }
}

/** A name where there is little room. */
export function brief(person: { name: string; handle: string }): string {
  const whole = personName(person)
  return whole.length > 40 ? whole.slice(0, 39) + "…" : whole
}
