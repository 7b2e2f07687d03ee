/** Which key does what: Gmail's grammar, so hands know it already. */

import type { Conversation, Message } from "../api/shapes.ts"
import { assign, reopen, setHidden, setLiked, setSpam } from "../live/actions.ts"
import { desk } from "../live/desk.svelte.ts"
import { isUnanswered } from "../live/people.ts"
import { safe } from "../ui/links.ts"
import { asking } from "../parts/asking.svelte.ts"
import type { Command } from "../ui/commands.svelte.ts"
import { t } from "../ui/text.ts"

interface Walk {
  next: () => void
  previous: () => void
  open: () => unknown
  back: () => void
  pick: () => unknown
  extendDown: () => void
  extendUp: () => void
  all: () => void
  catchUp: () => void
  mayBack: () => boolean
}

export function listCommands(walk: Walk): Command[] {
  const group = t("group.list")
  return [
    { id: "next", title: t("do.next"), group, keys: ["j", "ArrowDown"], run: walk.next },
    { id: "previous", title: t("do.previous"), group, keys: ["k", "ArrowUp"], run: walk.previous },
    { id: "open", title: t("do.open"), group, keys: ["Enter"], run: () => void walk.open() },
    { id: "back", title: t("do.back"), group, keys: ["Escape"], run: walk.back, isPossible: walk.mayBack },
    { id: "catch_up", title: t("do.catch_up"), group, keys: ["."], run: walk.catchUp },
    { id: "pick", title: t("do.pick"), group, keys: ["x"], run: () => void walk.pick() },
    { id: "extend_down", title: t("do.extend_down"), group, keys: ["Shift+J"], run: walk.extendDown },
    { id: "extend_up", title: t("do.extend_up"), group, keys: ["Shift+K"], run: walk.extendUp },
    { id: "all", title: t("do.pick_all"), group, keys: ["Mod+a"], run: walk.all },
  ]
}

interface Work {
  chosen: () => Conversation[]
  messages: () => Message[]
  write: (visibility: "public" | "private" | "note") => void
  done: () => void
  spam: () => void
  unread: () => void
  macro: (id: string) => void
  anchor: () => HTMLElement | null
}

export function conversationCommands(work: Work): Command[] {
  const has = (): boolean => work.chosen().length > 0
  const mayWrite = (): boolean => desk.mayWrite && has()
  const may = (): boolean => desk.may("triage") && has()
  const mayModerate = (): boolean => desk.may("moderate") && has()
  const rows = (): string[] => work.chosen().map((row) => row.id)
  const newest = (): Message | undefined => work.messages().findLast((one) => one.direction === "in")
  const waiting = (): Message | undefined => work.messages().find(isUnanswered)
  const ask = (what: "assign" | "snooze" | "tag" | "priority") => (): void =>
    asking.ask({ what, rows: rows(), anchor: what === "assign" ? work.anchor() : null })
  const write = t("group.write")
  const group = t("group.conversation")
  return [
    { id: "write.public", title: t("do.write_public"), group: write, keys: ["r"], isPossible: mayWrite, run: () => work.write("public") },
    { id: "write.private", title: t("do.write_private"), group: write, keys: ["p"], isPossible: mayWrite, run: () => work.write("private") },
    { id: "write.note", title: t("do.write_note"), group: write, keys: ["n"], isPossible: mayWrite, run: () => work.write("note") },
    { id: "done", title: t("do.done_next"), group, keys: ["e"], isPossible: may, run: work.done },
    { id: "reopen", title: t("do.reopen"), group, keys: ["Shift+E"], isPossible: may, run: () => work.chosen().forEach((row) => void reopen(row)) },
    { id: "spam", title: t("do.spam"), group, keys: ["!"], isPossible: () => may() && work.chosen().some((row) => !row.is_spam), run: work.spam },
    { id: "not_spam", title: t("do.not_spam"), group, keys: [], isPossible: () => may() && work.chosen().some((row) => row.is_spam), run: () => work.chosen().forEach((row) => void setSpam(row, false)) },
    { id: "snooze", title: t("do.snooze"), group, keys: ["h"], isPossible: may, run: ask("snooze") },
    { id: "assign", title: t("do.assign"), group, keys: ["a"], isPossible: may, run: ask("assign") },
    { id: "assign_me", title: t("do.assign_me"), group, keys: ["i"], isPossible: may, run: () => work.chosen().forEach((row) => void assign(row, desk.me)) },
    { id: "tag", title: t("do.tag"), group, keys: ["l"], isPossible: may, run: ask("tag") },
    { id: "priority", title: t("do.priority"), group, keys: ["y"], isPossible: may, run: ask("priority") },
    { id: "macro", title: t("do.macro"), group, keys: ["m"], isPossible: () => may() && desk.macros.length > 0, run: () => asking.ask({ what: "macro", then: work.macro }) },
    { id: "unread", title: t("do.unread"), group, keys: ["u"], isPossible: has, run: work.unread },
    {
      id: "no_reply",
      title: t("do.no_reply"),
      group,
      keys: ["w"],
      isPossible: () => may() && waiting() !== undefined,
      run: () => {
        const message = waiting()
        if (message) asking.ask({ what: "no_reply", message, anchor: document.getElementById(`message-${message.id}`) })
      },
    },
    {
      id: "hide",
      title: t("do.hide"),
      group,
      keys: ["v"],
      isPossible: () => mayModerate() && can(work, "hide"),
      run: () => toggle(newest(), (one) => setHidden(one, !one.hidden)),
    },
    {
      id: "like",
      title: t("do.like"),
      group,
      keys: ["+"],
      isPossible: () => mayModerate() && can(work, "like"),
      run: () => toggle(newest(), (one) => setLiked(one, !one.liked)),
    },
    {
      id: "delete",
      title: t("delete.do"),
      group,
      keys: ["#"],
      isPossible: () => mayModerate() && can(work, "delete"),
      run: () => toggle(newest(), (message) => asking.ask({ what: "delete", message })),
    },
    { id: "ledger", title: t("ledger.open"), group, keys: [], isPossible: has, run: () => asking.ask({ what: "ledger", row: rows()[0] ?? "", anchor: null }) },
    {
      id: "platform",
      title: t("do.open_there"),
      group,
      keys: [],
      isPossible: () => safe(work.chosen()[0]?.permalink ?? "") !== "",
      run: () => void open(safe(work.chosen()[0]?.permalink ?? ""), "_blank", "noopener,noreferrer"),
    },
  ]
}

function can(work: Work, action: "hide" | "like" | "delete"): boolean {
  const row = work.chosen()[0]
  if (!row || work.messages().length === 0) return false
  return desk.platforms.get(row.platform)?.capabilities.actions[row.kind]?.includes(action) ?? false
}

function toggle(message: Message | undefined, act: (message: Message) => unknown): void {
  if (message) act(message)
}
