/** The one small question that may stand open: whom to assign, until when to snooze, what to say of whoever waits. */

import type { Unanswered } from "../api/client.ts"
import type { Id, Message, SweepAct, Waiting } from "../api/shapes.ts"

export type Question =
  | { what: "assign" | "snooze" | "tag" | "priority"; rows: readonly Id[]; anchor: HTMLElement | null; then?: () => void; all?: (act: SweepAct) => void }
  | { what: "macro"; then: (id: Id) => void }
  | { what: "close"; rows: readonly Id[]; waiting: readonly Waiting[]; then: (unanswered: Unanswered) => void }
  | { what: "no_reply"; message: Message; anchor: HTMLElement | null }
  | { what: "delete" | "reject"; message: Message }
  | { what: "erase"; contact: Id; name: string }
  | { what: "ledger"; row: Id; anchor: HTMLElement | null }

class Asking {
  now = $state.raw<Question | null>(null)

  ask(question: Question): void {
    this.now = question
  }

  close(): void {
    this.now = null
  }
}

export const asking = new Asking()
