/** The verbs. Each is seen at once, and taken back with the reason if the server refuses. */

import { type Listed, Problem, type Unanswered, type Writing } from "../api/client.ts"
import type { BellNews, Conversation, Id, Macro, Message, Notification, Sweep, SweepAct, Waiting } from "../api/shapes.ts"
import { t } from "../ui/text.ts"
import { clock } from "../ui/time.svelte.ts"
import { unreadIn } from "./bell.ts"
import { desk } from "./desk.svelte.ts"
import { notices } from "./notices.svelte.ts"
import { undo } from "./undo.svelte.ts"
import { micros } from "./views.ts"

const READ_ECHO = 3_000 // the feed says our own reading back within this

/** The reason in words: the server's own, or ours where it could not be reached. */
export function reasonOf(problem: unknown): string {
  if (!(problem instanceof Problem)) return t("problem.other")
  if (problem.code === "unreachable") return t("problem.unreachable")
  return problem.message || t("problem.other")
}

export function complain(problem: unknown): void {
  notices.say(reasonOf(problem), { tone: "bad" })
}

async function change(
  id: Id,
  supposed: Partial<Conversation>,
  ask: () => Promise<Conversation>,
): Promise<Conversation | null> {
  const takeBack = desk.suppose(id, supposed)
  try {
    const conversation = await ask()
    desk.store.learn({ conversation })
    return conversation
  } catch (problem) {
    complain(problem)
    return null
  } finally {
    requestAnimationFrame(takeBack) // after the frame that draws the answer
  }
}

async function changeMessage(
  id: Id,
  supposed: Partial<Message>,
  ask: () => Promise<Message>,
): Promise<Message | null> {
  const takeBack = desk.suppose(id, supposed)
  try {
    const message = await ask()
    desk.store.learn({ message })
    return message
  } catch (problem) {
    complain(problem)
    return null
  } finally {
    requestAnimationFrame(takeBack)
  }
}

// A conversation

export async function assign(row: Conversation, to: Id | null): Promise<void> {
  const before = row.assignee_id
  if (before === to) return
  const done = await change(row.id, { assignee_id: to }, () => desk.api.assign(row.id, to))
  if (!done) return
  const name = to === desk.me ? t("you.inline") : (desk.member(to)?.name ?? "")
  undo.offer(to ? t("said.assigned", { name }) : t("said.unassigned"), () => void assign(done, before))
}

/** To a team: whoever has it keeps it only if they are of that team. */
export async function entrust(row: Conversation, to: Id | null): Promise<void> {
  if (row.team_id === to) return
  const done = await change(row.id, { team_id: to }, () => desk.api.entrust(row.id, to))
  if (!done) return
  const name = desk.team(to)?.name ?? ""
  undo.offer(to ? t("said.entrusted", { name }) : t("said.teamless"), () => void putBack(done, row))
}

async function putBack(row: Conversation, before: Conversation): Promise<void> {
  const { team_id, assignee_id } = before
  await change(row.id, { team_id, assignee_id }, () => desk.api.putBack(row.id, team_id, assignee_id))
}

/** Away, until a time or until one says so; or here again. */
export async function setAway(away: boolean, until: Date | null = null): Promise<void> {
  try {
    await desk.api.changeMember(desk.me, { away, ...(away ? { away_until: until?.toISOString() ?? null } : {}) })
    await desk.store.loadPeople()
    notices.say(t(away ? "said.away" : "said.back"))
  } catch (problem) {
    complain(problem)
  }
}

/** Resolves; gives back who still waits if that must be asked first. */
export async function resolve(row: Conversation, unanswered?: Unanswered): Promise<Waiting[] | null> {
  const takeBack = desk.suppose(row.id, { status: "resolved" })
  try {
    const conversation = await desk.api.resolve(row.id, unanswered)
    desk.store.learn({ conversation })
    undo.offer(t("said.resolved", { name: row.person.name }), () => void reopen(conversation))
    return null
  } catch (problem) {
    if (problem instanceof Problem && problem.code === "somebody_waits")
      return (problem.extra["waiting"] as Waiting[] | undefined) ?? []
    complain(problem)
    return null
  } finally {
    requestAnimationFrame(takeBack)
  }
}

export async function reopen(row: Conversation): Promise<void> {
  await change(row.id, { status: "open", resolved_at: null }, () => desk.api.reopen(row.id))
}

/** Out of every queue, or back where it belongs. */
export async function setSpam(row: Conversation, on: boolean): Promise<void> {
  const done = await change(row.id, { is_spam: on, ...(on ? { status: "resolved" as const } : {}) }, () => desk.api.setSpam(row.id, on))
  if (done) undo.offer(t(on ? "said.spam" : "said.not_spam"), () => void setSpam(done, !on))
}

export async function snooze(row: Conversation, until: Date): Promise<void> {
  const at = until.toISOString()
  const done = await change(row.id, { status: "snoozed", snoozed_until: at }, () => desk.api.snooze(row.id, at))
  if (done) undo.offer(t("said.snoozed"), () => void wakeUp(done))
}

export async function wakeUp(row: Conversation): Promise<void> {
  await change(row.id, { status: "open", snoozed_until: null }, () => desk.api.wake(row.id))
}

export async function setTag(row: Conversation, tag: string, on: boolean): Promise<void> {
  const rest = row.tags.filter((other) => other !== tag)
  await change(row.id, { tags: on ? [...rest, tag] : rest }, () => desk.api.setTag(row.id, tag, on))
}

export async function setPriority(row: Conversation, priority: number): Promise<void> {
  await change(row.id, { priority }, () => desk.api.setPriority(row.id, priority))
}

/** `named`: when the last note was written that names the reader. */
export async function markRead(row: Conversation, named: string | null = null): Promise<void> {
  const at = [row.last_inbound_at, named].filter((one) => one !== null).sort((a, b) => micros(b) - micros(a))[0]
  if (!at || !desk.isUnread(row, at)) return
  const takeBack = desk.supposeRead({ conversation_id: row.id, at })
  try {
    await desk.api.read(row.id, at)
    setTimeout(takeBack, READ_ECHO)
  } catch {
    takeBack() // it simply stays unread
  }
}

export async function markUnread(row: Conversation): Promise<void> {
  const takeBack = desk.supposeRead({ conversation_id: row.id, at: null })
  try {
    await desk.api.unread(row.id)
    setTimeout(takeBack, READ_ECHO)
  } catch (problem) {
    takeBack()
    complain(problem)
  }
}

/** Everything of a macro but its text; gives back who still waits if that must be asked first. */
export async function runMacro(row: Conversation, macro: Macro, unanswered?: Unanswered): Promise<Waiting[] | null> {
  try {
    const conversation = await desk.api.runMacro(row.id, macro.id, unanswered)
    desk.store.learn({ conversation })
    undo.offer(t("said.macro", { name: macro.title }), () => void restore(row, conversation))
    return null
  } catch (problem) {
    if (problem instanceof Problem && problem.code === "somebody_waits")
      return (problem.extra["waiting"] as Waiting[] | undefined) ?? []
    complain(problem)
    return null
  }
}

/** What a macro changed, as it was before. */
async function restore(before: Conversation, after: Conversation): Promise<void> {
  if (after.status === "resolved" && before.status !== "resolved") await reopen(after)
  if (after.status === "snoozed" && before.status !== "snoozed") await wakeUp(after)
  if (after.assignee_id !== before.assignee_id) await change(after.id, {}, () => desk.api.assign(after.id, before.assignee_id))
  if (after.priority !== before.priority) await setPriority(after, before.priority)
  for (const tag of after.tags) if (!before.tags.includes(tag)) await setTag(desk.conversation(after.id) ?? after, tag, false)
  for (const tag of before.tags) if (!after.tags.includes(tag)) await setTag(desk.conversation(after.id) ?? after, tag, true)
}

// Everything in a list

const SWEPT_FOR = 60_000 // ms in which Z takes it back; the door does for a day

/** One act on all that matches, whether it was loaded or not; gives whether it has begun. */
export async function sweep(list: Listed, act: SweepAct): Promise<boolean> {
  try {
    const begun = await desk.api.sweep(list, act)
    undo.offer(t("sweep.begun", { n: begun.total }), () => void unsweep(begun.id), SWEPT_FOR)
    return true
  } catch (problem) {
    complain(problem)
    return false
  }
}

async function unsweep(id: Id): Promise<void> {
  try {
    await desk.api.unsweep(id)
  } catch (problem) {
    complain(problem)
  }
}

/** What the feed says of it when it is over. */
export function swept(one: Sweep): void {
  const refused = Object.entries(one.refused).map(([why, n]) => t("sweep.refused", { n, why }))
  if (one.state === "done")
    undo.offer([t("sweep.done", { n: one.changed }), ...refused].join(" "), () => void unsweep(one.id), SWEPT_FOR)
  if (one.state === "undone")
    notices.say([t("sweep.undone", { n: one.undone }), ...(one.kept ? [t("sweep.kept", { n: one.kept })] : [])].join(" "))
}

// What one is told of

async function reads(ask: () => Promise<BellNews>, seen: BellNews): Promise<void> {
  desk.store.bellSaid(seen)
  try {
    desk.store.bellSaid(await ask())
  } catch (problem) {
    complain(problem)
    await desk.store.loadBell()
  }
}

export async function readOne(one: Notification): Promise<void> {
  const unread = Math.max(0, desk.state.bell.unread - 1)
  const seen = { ...one, version: one.version + 1, read_at: now() }
  await reads(() => desk.api.readNotification(one.id), { unread, notification: seen })
}

/** Everything that is here by now. */
export async function readAll(): Promise<void> {
  const until = now()
  await reads(() => desk.api.readNotifications(until), { unread: 0, read_until: until })
}

/** What is about the conversation that somebody looks at. */
export async function readAbout(conversation: Id): Promise<void> {
  const until = now()
  const unread = Math.max(0, desk.state.bell.unread - unreadIn(desk.store.state.bell, conversation).length)
  await reads(() => desk.api.readNotifications(until, conversation), { unread, read_until: until, read_in: conversation })
}

/** By the server's clock, and past what it wrote down in this very second. */
function now(): string {
  return new Date(clock.exact + 2_000).toISOString()
}

// A person

/** For good; the feed shows what is left of them. */
export async function erase(contact: Id, name: string): Promise<void> {
  try {
    await desk.api.erase(contact)
    notices.say(t("said.erased", { name }))
  } catch (problem) {
    complain(problem)
  }
}

// A message

/** Puts the bubble up at once. `reads`: what a template says. Throws the `Problem` where the composer has to answer it. */
export async function write(row: Conversation, writing: Writing, key: string, reads = writing.text): Promise<Message> {
  const bubble: Message = { ...bubbleOf(row, writing, key), text: reads }
  desk.leaving = [...desk.leaving.filter((one) => one.key !== key), { key, message: bubble }]
  try {
    const message = await desk.api.write(row.id, writing, key)
    desk.store.learn({ message })
    if (message.delivery?.state === "awaiting_approval") undo.offer(t("said.submitted"), () => void cancel(message))
    else if (message.delivery?.scheduled) undo.offer(t("said.later"), () => void cancel(message))
    else if (message.delivery?.state === "queued" && message.delivery.due_at)
      undo.quietly(() => void cancel(message), Date.parse(message.delivery.due_at) - clock.exact)
    return message
  } finally {
    requestAnimationFrame(() => (desk.leaving = desk.leaving.filter((one) => one.key !== key)))
  }
}

function bubbleOf(row: Conversation, writing: Writing, key: string): Message {
  const at = new Date().toISOString()
  return {
    id: key,
    version: 0,
    conversation_id: row.id,
    direction: "out",
    visibility: writing.visibility,
    kind: row.kind,
    author: null,
    agent_id: desk.me,
    written_elsewhere: "",
    text: writing.text,
    attachments: [],
    at,
    received_at: at,
    edited_at: null,
    deleted_at: null,
    deleted_by: "",
    hidden: false,
    held: false,
    liked: false,
    rating: null,
    needs_reply: false,
    reply_refused: "",
    purged: false,
    erased: false,
    needs_reply_reason: "",
    answered: false,
    before_connection: false,
    parent_id: writing.reply_to,
    permalink: "",
    delivery: writing.visibility === "note" ? null : { state: writing.for_approval || !desk.publishesAlone ? "awaiting_approval" : "queued", due_at: writing.send_at ?? null, scheduled: writing.send_at !== undefined, reason: "", error: "", delivered_at: null, read_at: null },
    answers: writing.answers,
    mentions: (writing.mentions ?? []).map((id) => ({ user_id: id, name: desk.member(id)?.name ?? "" })),
    template: writing.template?.name ?? "",
    revisions: 0,
    unsupported: "",
  }
}

/** Calls back what has not left yet; its words return to the composer. */
export async function cancel(message: Message): Promise<void> {
  if (!message.delivery) return
  const done = await changeMessage(
    message.id,
    { delivery: { ...message.delivery, state: "cancelled" } },
    () => desk.api.cancel(message.id),
  )
  if (done) called.back(done)
}

/** Whoever writes hears what was called back. */
export const called: { back: (message: Message) => void } = { back: () => undefined }

/** What a colleague wrote leaves, by somebody who has read all that stands here. */
export async function letLeave(message: Message): Promise<void> {
  try {
    desk.store.learn({ message: await desk.api.approve(message.id, desk.state.seq) })
    notices.say(t("said.approved"))
  } catch (problem) {
    if (problem instanceof Problem && problem.code === "news_here")
      for (const newer of (problem.extra["newer"] as Message[] | undefined) ?? []) desk.store.learn({ message: newer })
    complain(problem)
  }
}

/** ... or not as it is; gives whether it went back. */
export async function sendBack(message: Message, reason: string): Promise<boolean> {
  const done = await changeMessage(message.id, {}, () => desk.api.reject(message.id, reason))
  if (done) notices.say(t("said.rejected", { name: desk.member(message.agent_id ?? "")?.name ?? t("somebody") }))
  return done !== null
}

export async function retry(message: Message): Promise<void> {
  if (!message.delivery) return
  await changeMessage(message.id, { delivery: { ...message.delivery, state: "queued", reason: "" } }, () =>
    desk.api.retry(message.id),
  )
}

export async function itIsThere(message: Message): Promise<void> {
  await changeMessage(message.id, {}, () => desk.api.decide(message.id, { it_is_there: true }))
}

export async function postAgain(message: Message): Promise<void> {
  await changeMessage(message.id, {}, () => desk.api.decide(message.id, { post_again: true }))
}

export async function setHidden(message: Message, on: boolean): Promise<void> {
  await changeMessage(message.id, { hidden: on, ...(on ? {} : { held: false }) }, () => desk.api.setHidden(message.id, on))
}

/** What the platform holds back is shown to everybody once it has done so; gives whether it was asked. */
export async function approve(message: Message): Promise<boolean> {
  return (await changeMessage(message.id, {}, () => desk.api.setHidden(message.id, false))) !== null
}

export async function setLiked(message: Message, on: boolean): Promise<void> {
  await changeMessage(message.id, { liked: on }, () => desk.api.setLiked(message.id, on))
}

export async function remove(message: Message): Promise<void> {
  await changeMessage(message.id, {}, () => desk.api.remove(message.id))
}

export async function setNeedsReply(message: Message, on: boolean, reason: string): Promise<void> {
  await changeMessage(message.id, { needs_reply: on, needs_reply_reason: reason }, () =>
    desk.api.setNeedsReply(message.id, on, reason),
  )
}

export async function setAuthorship(message: Message, automatic: boolean): Promise<void> {
  await changeMessage(message.id, { written_elsewhere: automatic ? "automatic" : "person" }, () =>
    desk.api.setAuthorship(message.id, automatic),
  )
}

/** "That reply answered it too." */
export async function cover(message: Message, answers: Id[]): Promise<void> {
  await changeMessage(message.id, {}, () => desk.api.cover(message.id, answers))
}
