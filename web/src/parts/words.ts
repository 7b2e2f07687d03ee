/** The house's own words for what the rows say. */

import { desk } from "../live/desk.svelte.ts"
import type { Id } from "../api/shapes.ts"
import { said, t } from "../ui/text.ts"

export function platformTitle(platform: string): string {
  return desk.platforms.get(platform)?.title ?? platform
}

/** "Northwind on its platform": who we are there. */
export function channelTitle(id: Id): string {
  const channel = desk.channel(id)
  return channel ? t("channel.title", { name: channel.name, platform: platformTitle(channel.platform) }) : ""
}

export function kindName(kind: string): string {
  return said("kind", kind)
}

export function personName(person: { name: string; handle: string }): string {
  return person.name || person.handle || t("person.unknown")
}

export function memberName(id: Id | null): string {
  if (!id) return t("house")
  if (id === desk.me) return t("you")
  return desk.member(id)?.name ?? t("member.gone")
}

/** The same within a sentence. */
export function toMember(id: Id): string {
  return id === desk.me ? t("you.inline") : memberName(id)
}
