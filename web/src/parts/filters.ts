/** The words for what a list is narrowed to, and how the server keeps it. */

import type { SavedView } from "../api/shapes.ts"
import { desk } from "../live/desk.svelte.ts"
import { type Filter, filterOf, type Part, PARTS, queryOf } from "../live/views.ts"
import { languageName, said, t } from "../ui/text.ts"
import { span } from "../ui/time.svelte.ts"
import { channelTitle, kindName, memberName, platformTitle } from "./words.ts"

/** One thing that must hold, as a chip shows it. */
export interface Chip {
  part: Part
  value: string
  title: string
}

export function chipsOf(filter: Filter): Chip[] {
  return PARTS.flatMap((part) => {
    const value = filter[part]
    return [value ?? []].flat().flatMap((one) => (one ? [{ part, value: String(one), title: titleOf(part, String(one)) }] : []))
  })
}

export function titleOf(part: Part, value: string): string {
  if (part === "channel") return channelTitle(value)
  if (part === "team") return desk.teams.find((one) => one.id === value)?.name ?? t("filter.gone_team")
  if (part === "kind") return kindName(value)
  if (part === "post") return [...desk.state.conversations.values()].find((one) => one.post?.id === value)?.post?.text.slice(0, 60) || t("filter.post")
  if (part === "platform") return platformTitle(value)
  if (part === "assignee") return value === "nobody" ? t("filter.nobody") : t("filter.assignee", { name: memberName(value === "me" ? desk.me : value) })
  if (part === "language") return languageName(value)
  if (part === "waiting") return t("filter.waiting")
  if (part === "minutes") return t("filter.minutes", { span: span(Number(value) * 60_000) })
  if (part === "priority") return t("filter.priority", { name: said("priority", value) })
  return t(part === "tag" ? "filter.tag" : part === "q" ? "filter.person" : "filter.text", { words: value })
}

/** The filter with this taken away, or added. */
export function without(filter: Filter, chip: Chip): Filter {
  if (chip.part === "tag") return { ...filter, tag: filter.tag?.filter((one) => one !== chip.value) ?? [] }
  return { ...filter, [chip.part]: undefined }
}

export function withPart(filter: Filter, part: Part, value: string): Filter {
  if (part === "tag") return { ...filter, tag: [...new Set([...(filter.tag ?? []), value])] }
  const given = part === "waiting" ? true : part === "minutes" || part === "priority" ? Number(value) : value
  return { ...filter, [part]: given }
}

/** A filter as a saved view keeps it. */
export function filteringOf(filter: Filter): Record<string, unknown> {
  const { view: _, q: person, tag: tags, ...rest } = filter
  const kept = { ...rest, person, tags }
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value))))
}

export function addressOf(saved: SavedView): string {
  const { tags, person, ...rest } = saved.filtering
  const query = queryOf({ ...rest, view: saved.view, tag: (tags as string[] | undefined) ?? [], ...(person ? { q: String(person) } : {}) })
  query.set("saved", saved.id)
  return `/inbox/${saved.view}?${query}`
}

/** Whether a list is narrowed just as this view is. */
export function isSame(saved: SavedView, filter: Filter): boolean {
  const address = new URL(addressOf(saved), "http://here")
  return saved.view === filter.view && String(queryOf(filterOf(saved.view, address.searchParams))) === String(queryOf(filter))
}
