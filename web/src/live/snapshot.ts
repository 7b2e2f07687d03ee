/** Taking in what was loaded: pages of views, threads. Pure, like the reducer. */

import type { Channel, Conversation, ConversationPage, Id, Macro, Member, Message, NotificationPage, OlderMessages, Read, SavedReply, SavedView, Team, Thread as Loaded } from "../api/shapes.ts"
import { listed } from "./bell.ts"
import { inserted, placeOf, replaced } from "./lists.ts"
import { isEarlier, located, newer, prunedAll, retold, withConversation, withLine, withoutThread } from "./reducer.ts"
import { Rows } from "./rows.ts"
import { emptyState, type State, type Thread, type View } from "./state.ts"
import { belongs, compare, type Filter, isJudgedHere, keyOf } from "./views.ts"

/** A request has left; from here to its end the journal is kept. */
export function began(state: State): State {
  return { ...state, loads: state.loads + 1 }
}

/** The answer was taken in, or there is none. */
export function ended(state: State): State {
  const loads = Math.max(0, state.loads - 1)
  return { ...state, loads, journal: loads === 0 ? [] : state.journal }
}

export function opened(state: State, name: string, filter: Filter): State {
  if (state.views.has(name)) return state
  const view: View = {
    filter,
    ids: [],
    settled: [],
    arrived: new Set(),
    left: new Set(),
    held: false,
    loaded: false,
    next: null,
    edge: null,
    stale: false,
  }
  return { ...state, views: replaced(state.views, name, view) }
}

export function closed(state: State, name: string): State {
  const views = new Map(state.views)
  views.delete(name)
  return prunedAll({ ...state, views })
}

/** A page of a view. A fresh one replaces what stood there; another continues below the edge. */
export function withPage(state: State, name: string, page: ConversationPage, fresh: boolean): State {
  const rows = page.items.reduce(located, state)
  const view = rows.views.get(name)
  if (!view) return state
  const reads = page.reads.reduce((all, read) => all.with(read.conversation_id, read), rows.reads)
  const last = page.items.at(-1)
  const edge = page.next && last ? keyOf(last, view.filter.view) : null
  const ids = isJudgedHere(view.filter)
    ? sorted(rows, view, page, edge, fresh)
    : [...new Set([...(fresh ? [] : view.ids), ...page.items.map((row) => row.id)])]
  const next = recounted({ ...view, ids, edge, next: page.next, stale: false }, fresh)
  return prunedAll(retold({ ...rows, reads, views: replaced(rows.views, name, next) }, page.as_of))
}

function sorted(
  state: State,
  view: View,
  page: ConversationPage,
  edge: View["edge"],
  fresh: boolean,
): readonly Id[] {
  const ids = new Set<Id>(fresh ? [] : view.ids)
  for (const row of page.items) ids.add(row.id)
  return [...ids]
    .map((id) => state.conversations.get(id)!)
    .map((row) => ({ row, key: keyOf(row, view.filter.view) }))
    .filter(({ row, key }) => belongs(view.filter, row, state) && (edge === null || compare(key, edge) <= 0))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ row }) => row.id)
}

function recounted(view: View, fresh: boolean): View {
  // What comes first moves nothing, however closely one looks.
  if (!view.held || !view.loaded)
    return { ...view, loaded: true, settled: view.ids, arrived: new Set(), left: new Set() }
  const standing = new Set(view.settled)
  const truth = new Set(view.ids)
  if (!fresh) {
    const below = view.ids.filter((id) => !standing.has(id) && !view.arrived.has(id))
    const left = new Set([...view.left].filter((id) => !truth.has(id)))
    return { ...view, settled: [...view.settled, ...below], left }
  }
  return {
    ...view,
    arrived: new Set(view.ids.filter((id) => !standing.has(id))),
    left: new Set(view.settled.filter((id) => !truth.has(id))),
  }
}

/** While somebody looks at a list it holds still; let go, it shows the truth again. */
export function held(state: State, name: string, on: boolean): State {
  const view = state.views.get(name)
  if (!view || view.held === on) return state
  return on ? { ...state, views: replaced(state.views, name, { ...view, held: true }) } : shown(state, name, false)
}

/** The list as it truly is, at once. */
export function shown(state: State, name: string, held: boolean): State {
  const view = state.views.get(name)
  if (!view) return state
  const fresh: View = { ...view, held, settled: view.ids, arrived: new Set(), left: new Set() }
  return prunedAll({ ...state, views: replaced(state.views, name, fresh) })
}

/** The reader moved on: rows that no longer match go, save the one under the cursor. */
export function settled(state: State, name: string, keep: Id | null): State {
  const view = state.views.get(name)
  if (!view || view.left.size === 0 || (view.left.size === 1 && keep && view.left.has(keep))) return state
  const stays = (id: Id): boolean => id === keep || !view.left.has(id)
  const left = new Set(keep && view.left.has(keep) ? [keep] : [])
  return prunedAll({
    ...state,
    views: replaced(state.views, name, { ...view, settled: view.settled.filter(stays), left }),
  })
}

const bare: Thread = { loaded: false, ids: [], activities: [], older: null, waiting: [] }

export function threadOpened(state: State, id: Id): State {
  return state.threads.has(id) ? state : { ...state, threads: replaced(state.threads, id, bare) }
}

export function threadClosed(state: State, id: Id): State {
  return prunedAll(withoutThread(state, id))
}

/** A thread as the server has it; what is known to be newer stays. */
export function withThread(state: State, loaded: Loaded): State {
  const { id } = loaded.conversation
  const before = state.threads.get(id)
  if (!before) return state
  const kept = new Set(loaded.messages.map((row) => row.id))
  let messages = before.ids.reduce((rows, known) => (kept.has(known) ? rows : rows.without(known)), state.messages)
  for (const row of loaded.messages) messages = newer(messages, row)
  const thread: Thread = {
    loaded: true,
    ids: inOrder(loaded.messages),
    activities: loaded.activities,
    older: loaded.older,
    waiting: loaded.waiting,
  }
  const known = state.conversations.get(id)
  const row: Conversation = known && known.version >= loaded.conversation.version ? known : loaded.conversation
  const placed = withConversation({ ...state, messages, threads: replaced(state.threads, id, thread) }, row)
  return retold({ ...placed, reads: placed.reads.with(id, loaded.read) }, loaded.as_of)
}

function inOrder(messages: readonly Message[]): readonly Id[] {
  return messages.toSorted((a, b) => (isEarlier(a, b) ? -1 : 1)).map((row) => row.id)
}

/** An earlier page of a thread. */
export function withOlder(state: State, id: Id, page: OlderMessages): State {
  const thread = state.threads.get(id)
  if (!thread) return state
  const messages = page.items.reduce(newer, state.messages)
  let ids = thread.ids
  for (const row of page.items) {
    if (ids.includes(row.id)) continue
    const at = placeOf(ids.length, (place) => isEarlier(messages.get(ids[place]!)!, row))
    ids = inserted(ids, at, row.id)
  }
  const activities = page.activities.reduce(withLine, thread.activities)
  return { ...state, messages, threads: replaced(state.threads, id, { ...thread, ids, activities, older: page.next }) }
}

/** The reader's own mark on a conversation that came in by the feed, which does not say what was read long ago. */
export function withRead(state: State, read: Read, asOf: number): State {
  if (!state.conversations.has(read.conversation_id)) return state
  return retold({ ...state, reads: state.reads.with(read.conversation_id, read) }, asOf)
}

export function withPeople(state: State, channels: readonly Channel[], members: readonly Member[], teams: readonly Team[]): State {
  return {
    ...state,
    channels: channels.reduce(newer, state.channels),
    members: members.reduce(newer, state.members),
    teams: teams.reduce(newer, state.teams),
  }
}

/** What is kept ready, as the server has it; what was heard meanwhile is told again. */
export function withKept(state: State, replies: readonly SavedReply[], macros: readonly Macro[], views: readonly SavedView[]): State {
  const kept = {
    savedReplies: replies.reduce(newer, new Rows<SavedReply>()),
    macros: macros.reduce(newer, new Rows<Macro>()),
    savedViews: views.reduce(newer, new Rows<SavedView>()),
  }
  return retold({ ...state, ...kept, hasKept: true }, -1)
}

/** The list behind the bell, from the top or what follows. */
export function withNotifications(state: State, page: NotificationPage, fresh: boolean): State {
  return retold({ ...state, bell: listed(state.bell, page, fresh) }, page.as_of)
}

/** Another epoch has other versions: everything is forgotten but what was open. */
export function forgotten(state: State): State {
  const views = new Map(
    [...state.views].map(([name, view]) => [
      name,
      { ...view, ids: [], settled: [], arrived: new Set<Id>(), left: new Set<Id>(), loaded: false },
    ]),
  )
  const threads = new Map([...state.threads].map(([id]) => [id, bare]))
  return { ...emptyState(state.me), views, threads, people: state.people, loads: state.loads }
}
