/** The house's own words for what the rows say. */

import { desk } from "../live/desk.svelte.ts"
import type { Id, Member } from "../api/shapes.ts"
import { said, t } from "../ui/text.ts"
import { clock, fullTime } from "../ui/time.svelte.ts"

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

/** "All of Repairs are full": why what waits for a team is handed to nobody. */
export function stuckWords(team: { name: string; stuck: string }): string {
  return team.stuck ? t(`team.stuck.${team.stuck as "full"}`, { name: team.name }) : ""
}

/** Whether a colleague is away now. */
export function isAway(member: Member | undefined): boolean {
  return Boolean(member?.away_since) && (!member?.away_until || Date.parse(member.away_until) > clock.now)
}

/** "away until 14:00", or nothing. */
export function awayWords(member: Member | undefined): string {
  if (!isAway(member)) return ""
  return member?.away_until ? t("away.until", { time: fullTime(member.away_until) }) : t("away")
}
