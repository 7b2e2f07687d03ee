/** Rights that go together, and how a role is chosen. Pure. */

import type { OwnRole, RoleChoice, Roles } from "../api/rooms.ts"
import type { Right, Role } from "../api/shapes.ts"

export const GROUPS: { name: "work" | "view" | "house"; rights: Right[] }[] = [
  { name: "work", rights: ["read", "answer", "publish", "triage", "moderate", "approve"] },
  { name: "view", rights: ["everywhere", "watch", "goals"] },
  { name: "house", rights: ["share", "stop", "channels", "settings", "people", "privacy", "audit"] },
]

type Needs = Roles["rights"]

/** What is ticked after this one is: with it, all that it needs. */
export function ticked(chosen: readonly Right[], right: Right, needs: Needs): Right[] {
  const also = needs.find((one) => one.key === right)?.needs ?? []
  return needs.map((one) => one.key).filter((key) => key === right || chosen.includes(key) || also.includes(key))
}

/** What is left after this one is taken out: without it, nothing that needs it. */
export function unticked(chosen: readonly Right[], right: Right, needs: Needs): Right[] {
  const gone = needs.filter((one) => one.key === right || one.needs.includes(right)).map((one) => one.key)
  return chosen.filter((key) => !gone.includes(key))
}

/** Whether somebody with these rights may give those. */
export function mayGive(mine: readonly Right[], rights: readonly Right[]): boolean {
  return rights.every((right) => mine.includes(right))
}

/** A choice among both sorts of roles, as the value of an option and back. */
export function valueOf(one: { role?: string | null; role_id?: string | null }): string {
  return one.role_id ?? one.role ?? ""
}

export function choiceOf(value: string, own: readonly OwnRole[]): RoleChoice {
  return own.some((one) => one.id === value) ? { role_id: value } : { role: value as Role }
}
