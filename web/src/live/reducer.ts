/**
 * What the page knows after something happened. Pure: state in, state out, nothing else touched.
 *
 * Rows carry versions and only a newer one is taken, so late and repeated news is harmless. A row that no open view
 * or thread shows is dropped. While an answer is under way the news is kept in a journal and told again after it.
 */

import type { Activity, Conversation, Counts, FeedEvent, Id, Message, Read, Viewer } from "../api/shapes.ts"
import { rung } from "./bell.ts"
import { dropped, inserted, minus, moved, placeOf, plus, removed, replaced } from "./lists.ts"
import type { Rows } from "./rows.ts"
import type { State, Thread, View } from "./state.ts"
import { belongs, compare, isAboutWords, isJudgedHere, type Key, keyOf, micros } from "./views.ts"

/** One thing from the feed. */
export function apply(state: State, event: FeedEvent): State {
  const next = told(state, event)
  const journal = state.loads > 0 ? [...state.journal, event] : state.journal
  return { ...next, seq: Math.max(state.seq, event.seq), journal }
}

/** The feed went on to `seq`, with nothing in it for this reader. */
export function reached(state: State, seq: number): State {
  return seq > state.seq ? { ...state, seq } : state
}

/** A verb's answer. It may be older than what the feed said since, and names only rows that are known already. */
export function learn(state: State, answer: { conversation?: Conversation; message?: Message }): State {
  let next = state
  if (answer.conversation && state.conversations.has(answer.conversation.id))
    next = withConversation(next, answer.conversation)
  if (answer.message) next = withMessage(next, answer.message)
  return next
}

/** Counts come with their own age; an older set never replaces a newer one. */
export function counted(state: State, counts: Counts, asOf: number): State {
  return asOf < state.countsAsOf ? state : { ...state, counts, countsAsOf: asOf }
}

/** Who looks at a conversation, as of `at` (ms); it fades if it is not said again. */
export function seen(state: State, conversation: Id, people: readonly Viewer[], at: number): State {
  const presence =
    people.length > 0
      ? replaced(state.presence, conversation, { people, at })
      : dropped(state.presence, conversation)
  return { ...state, presence }
}

/** Tells the journal again, after an answer that was as of `asOf` has been taken in. */
export function retold(state: State, asOf: number): State {
  return state.journal.reduce((next, event) => (event.seq > asOf ? told(next, event) : next), state)
}

function told(state: State, event: FeedEvent): State {
  let next = state
  if (event.conversation) next = withConversation(next, event.conversation)
  if (event.message) next = withDoubt(withMessage(next, event.message), event.message)
  if (event.activity) next = withActivity(next, event.activity)
  if (event.read) next = doubted(withRead(next, event.read), ["mentioned"])
  if (event.channel) next = { ...next, channels: newer(next.channels, event.channel) }
  if (event.saved_reply) next = { ...next, savedReplies: newer(next.savedReplies, event.saved_reply) }
  if (event.macro) next = { ...next, macros: newer(next.macros, event.macro) }
  if (event.rule) next = { ...next, rules: newer(next.rules, event.rule) }
  if (event.team) next = doubted({ ...next, teams: newer(next.teams, event.team) }, ["teams"])
  if (event.saved_view) next = { ...next, savedViews: newer(next.savedViews, event.saved_view) }
  if (event.member) next = { ...next, members: newer(next.members, event.member) }
  const bell = rung(next.bell, event)
  if (bell !== next.bell) next = { ...next, bell }
  if (event.forget) next = withoutConversation(next, event.forget)
  return next
}

/** The table with this row, unless it knows a newer one. */
export function newer<T extends { id: Id; version: number }>(rows: Rows<T>, row: T): Rows<T> {
  const known = rows.get(row.id)
  return known && known.version >= row.version ? rows : rows.with(row.id, row)
}

/** The state with this row in every view where it belongs, and nowhere if nothing shows it. */
export function withConversation(state: State, row: Conversation): State {
  return pruned(located(state, row), row.id)
}

/** The state with this row in every view where it belongs; kept even if nothing shows it yet. */
export function located(state: State, row: Conversation): State {
  const known = state.conversations.get(row.id)
  if (known && known.version > row.version) return state
  // A row of the same version is placed again: a view may have been opened since it came.
  let views = state.views
  for (const [name, view] of state.views) {
    const changed = placed(state, view, known, row)
    if (changed !== view) views = replaced(views, name, changed)
  }
  return { ...state, views, conversations: state.conversations.with(row.id, row) }
}

function placed(state: State, view: View, known: Conversation | undefined, row: Conversation): View {
  if (!view.loaded) return view
  if (!isJudgedHere(view.filter))
    return isAboutWords(view.filter) || isOvertaken(view, known, row) ? { ...view, stale: true } : view
  const from = known ? indexIn(state, view, known) : -1
  const key = keyOf(row, view.filter.view)
  const stays = belongs(view.filter, row, state) && (view.edge === null || compare(key, view.edge) <= 0)
  if (from < 0 && !stays) return view
  const ids = stays ? within(state, view, from, key) : removed(view.ids, from)
  return ids === view.ids ? view : shifted(view, ids, row.id, from >= 0, stays)
}

/** Whether a row of a view that only the server judges stands elsewhere now. */
function isOvertaken(view: View, known: Conversation | undefined, row: Conversation): boolean {
  if (!known || view.filter.view === "sent" || compare(keyOf(known, view.filter.view), keyOf(row, view.filter.view)) === 0) return false
  return view.ids.includes(row.id)
}

/** The ids with this one in its place; `from` is where it stands now, by its old row, or -1. */
function within(state: State, view: View, from: number, key: Key): readonly Id[] {
  const ids = view.ids
  if (from < 0) return inserted(ids, placeOf(ids.length, (place) => comesBefore(state, view, ids[place]!, key)), key.id)
  // Counted in the list without it: whatever stands from `from` on has moved up by one.
  const other = (place: number): Id => ids[place < from ? place : place + 1]!
  const to = placeOf(ids.length - 1, (place) => comesBefore(state, view, other(place), key))
  return to === from ? ids : moved(ids, from, to)
}

function comesBefore(state: State, view: View, id: Id, key: Key): boolean {
  return compare(keyOf(state.conversations.get(id)!, view.filter.view), key) < 0
}

function indexIn(state: State, view: View, row: Conversation): number {
  const key = keyOf(row, view.filter.view)
  const at = placeOf(view.ids.length, (place) => comesBefore(state, view, view.ids[place]!, key))
  return view.ids[at] === row.id ? at : -1
}

/** The view after its truth changed by one row; what stands on the screen holds still while somebody looks at it. */
function shifted(view: View, ids: readonly Id[], id: Id, was: boolean, is: boolean): View {
  if (!view.held) return { ...view, ids, settled: ids }
  if (was === is) return { ...view, ids }
  if (is) {
    return view.left.has(id)
      ? { ...view, ids, left: minus(view.left, id) }
      : { ...view, ids, arrived: plus(view.arrived, id) }
  }
  return view.arrived.has(id)
    ? { ...view, ids, arrived: minus(view.arrived, id) }
    : { ...view, ids, left: plus(view.left, id) }
}

/** Whether any open view or thread shows this conversation. */
function isNeeded(state: State, id: Id): boolean {
  if (state.threads.has(id)) return true
  const row = state.conversations.get(id)
  for (const view of state.views.values()) {
    if (view.left.has(id)) return true
    if (!isJudgedHere(view.filter) ? view.ids.includes(id) : row !== undefined && indexIn(state, view, row) >= 0)
      return true
  }
  return false
}

/** The state without this conversation, if nothing shows it any more. */
export function pruned(state: State, id: Id): State {
  if (isNeeded(state, id)) return state
  return { ...state, conversations: state.conversations.without(id), reads: state.reads.without(id) }
}

/** The state without every conversation that nothing shows any more. */
export function prunedAll(state: State): State {
  const needed = new Set<Id>(state.threads.keys())
  for (const view of state.views.values()) {
    for (const id of view.ids) needed.add(id)
    for (const id of view.left) needed.add(id)
  }
  let { conversations, reads } = state
  for (const row of state.conversations.values()) if (!needed.has(row.id)) conversations = conversations.without(row.id)
  for (const read of state.reads.values())
    if (!needed.has(read.conversation_id)) reads = reads.without(read.conversation_id)
  return { ...state, conversations, reads }
}

function withoutConversation(state: State, id: Id): State {
  let views = state.views
  for (const [name, view] of state.views) {
    if (!view.ids.includes(id) && !view.settled.includes(id)) continue
    views = replaced(views, name, {
      ...view,
      ids: view.ids.filter((other) => other !== id),
      settled: view.settled.filter((other) => other !== id),
      arrived: minus(view.arrived, id),
      left: minus(view.left, id),
    })
  }
  const presence = dropped(state.presence, id)
  const closed = withoutThread({ ...state, views, presence }, id)
  return { ...closed, conversations: closed.conversations.without(id), reads: closed.reads.without(id) }
}

/** The state without this open thread and its messages. */
export function withoutThread(state: State, id: Id): State {
  const thread = state.threads.get(id)
  if (!thread) return state
  const messages = thread.ids.reduce((rows, message) => rows.without(message), state.messages)
  return { ...state, messages, threads: dropped(state.threads, id) }
}

/** Messages are kept for open threads only. */
export function withMessage(state: State, row: Message): State {
  const known = state.messages.get(row.id)
  if (known && known.version >= row.version) return state
  const cleared = known && isMoved(known, row) ? withoutMessage(state, known) : state
  const thread = cleared.threads.get(row.conversation_id)
  if (!thread?.loaded) return cleared
  const messages = cleared.messages.with(row.id, row)
  if (thread.ids.includes(row.id)) return { ...cleared, messages }
  const at = placeOf(thread.ids.length, (place) => isEarlier(cleared.messages.get(thread.ids[place]!)!, row))
  if (at === 0 && thread.older !== null) return cleared // it stands on a page that was not loaded
  const grown: Thread = { ...thread, ids: inserted(thread.ids, at, row.id) }
  return { ...cleared, messages, threads: replaced(cleared.threads, row.conversation_id, grown) }
}

function isMoved(known: Message, row: Message): boolean {
  return known.conversation_id !== row.conversation_id || known.at !== row.at
}

function withoutMessage(state: State, row: Message): State {
  const thread = state.threads.get(row.conversation_id)
  const messages = state.messages.without(row.id)
  if (!thread) return { ...state, messages }
  const ids = thread.ids.filter((id) => id !== row.id)
  return { ...state, messages, threads: replaced(state.threads, row.conversation_id, { ...thread, ids }) }
}

/** The order of a thread: the platform's time, then the id. */
export function isEarlier(a: Message, b: Message): boolean {
  const between = micros(a.at) - micros(b.at)
  return between < 0 || (between === 0 && a.id < b.id)
}

/** News of what we wrote may change views that only the server can judge. */
function withDoubt(state: State, row: Message): State {
  return row.direction === "out" ? doubted(state, row.visibility === "note" ? ["mentioned"] : ["sent", "problems", "scheduled", "approval"]) : state
}

function doubted(state: State, which: readonly string[]): State {
  let views = state.views
  for (const [name, view] of state.views)
    if (which.includes(view.filter.view)) views = replaced(views, name, { ...view, stale: true })
  return views === state.views ? state : { ...state, views }
}

function withActivity(state: State, row: Activity): State {
  const thread = state.threads.get(row.conversation_id)
  if (!thread?.loaded) return state
  const threads = replaced(state.threads, row.conversation_id, {
    ...thread,
    activities: withLine(thread.activities, row),
  })
  return { ...state, threads }
}

/** Activity lines never change once written. */
export function withLine(lines: readonly Activity[], row: Activity): readonly Activity[] {
  if (lines.some((line) => line.id === row.id)) return lines
  const at = placeOf(lines.length, (place) => micros(lines[place]!.at) <= micros(row.at))
  return inserted(lines, at, row)
}

function withRead(state: State, read: Read): State {
  if (!state.conversations.has(read.conversation_id)) return state
  return { ...state, reads: state.reads.with(read.conversation_id, read) }
}
