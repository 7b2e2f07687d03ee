import assert from "node:assert/strict"
import { test } from "node:test"
import type { Conversation, ConversationPage, FeedEvent } from "../api/shapes.ts"
import { apply, learn } from "./reducer.ts"
import * as snapshot from "./snapshot.ts"
import { emptyState, type State } from "./state.ts"
import { conversation, dice, event, ME, message } from "./testing.ts"
import { belongs, compare, type Filter, keyOf, micros, nameOf } from "./views.ts"

const open: Filter = { view: "open" }
const mine: Filter = { view: "mine" }

/** A house that changes at random, and answers lists as the server does. */
class House {
  rows = new Map<string, Conversation>()
  feed: FeedEvent[] = []
  readonly #roll: (below: number) => number

  constructor(seed: number) {
    this.#roll = dice(seed)
  }

  act(): FeedEvent {
    const id = `c${this.#roll(40)}`
    const known = this.rows.get(id)
    const minute = String(this.#roll(60)).padStart(2, "0")
    const row = conversation({
      ...known,
      id,
      version: (known?.version ?? 0) + 1,
      status: (["open", "open", "pending", "resolved", "snoozed"] as const)[this.#roll(5)]!,
      assignee_id: this.#roll(2) ? ME : null,
      waiting_since: this.#roll(2) ? `2026-11-23T09:${minute}:00.${this.#roll(999999)}Z` : null,
      due_at: this.#roll(3) ? null : `2026-11-23T1${this.#roll(9)}:${minute}:00.${this.#roll(999999)}Z`,
      last_message_at: `2026-11-23T10:${minute}:00Z`,
    })
    this.rows.set(id, row)
    const said: FeedEvent = { seq: this.feed.length + 1, name: "conversation.changed", at: row.created_at, conversation: row }
    this.feed.push(said)
    return said
  }

  list(filter: Filter, cursor: string | null, limit: number): ConversationPage {
    const rows = [...this.rows.values()]
      .filter((row) => belongs(filter, row, emptyState(ME)))
      .sort((a, b) => compare(keyOf(a, filter.view), keyOf(b, filter.view)))
    const [rank, id] = cursor ? (JSON.parse(cursor) as [number, string]) : [-1, ""]
    const below = rows.filter((row) => compare(keyOf(row, filter.view), { rank, id }) > 0)
    const items = below.slice(0, limit)
    const last = items.at(-1)
    const key = last && below.length > limit ? keyOf(last, filter.view) : null
    return {
      items,
      reads: [],
      as_of: this.feed.length,
      next: key ? JSON.stringify([key.rank, key.id]) : null,
    }
  }
}

function rowsOf(state: State, filter: Filter): Conversation[] {
  return state.views.get(nameOf(filter))!.ids.map((id) => state.conversations.get(id)!)
}

for (let seed = 1; seed <= 40; seed++)
  test(`whatever the order of answers and news, a view is the server's list (seed ${seed})`, () => {
    const house = new House(seed)
    const roll = dice(seed + 100)
    let state = emptyState(ME)
    const underWay: { filter: Filter; page: ConversationPage; fresh: boolean; cursor: string | null }[] = []
    for (const filter of [open, mine]) state = snapshot.opened(state, nameOf(filter), filter)
    let heard = 0
    const ask = (filter: Filter, fresh: boolean): void => {
      const cursor = fresh ? null : state.views.get(nameOf(filter))!.next
      if (!fresh && !cursor) return
      state = snapshot.began(state)
      underWay.push({ filter, fresh, cursor, page: house.list(filter, cursor, 5) })
    }
    ask(open, true)
    for (let step = 0; step < 600; step++) {
      const choice = roll(8)
      if (choice < 4) house.act()
      else if (choice === 4) ask(roll(2) ? open : mine, roll(4) === 0)
      else if (choice === 5 && underWay.length > 0) {
        const [answer] = underWay.splice(roll(underWay.length), 1)
        const view = state.views.get(nameOf(answer!.filter))!
        if (answer!.fresh || view.next === answer!.cursor)
          state = snapshot.withPage(state, nameOf(answer!.filter), answer!.page, answer!.fresh)
        state = snapshot.ended(state)
      } else if (choice === 6) {
        const name = nameOf(roll(2) ? open : mine)
        state = roll(2) ? snapshot.held(state, name, roll(2) === 1) : snapshot.settled(state, name, null)
      } else while (heard < house.feed.length) state = apply(state, house.feed[heard++]!)
    }
    while (heard < house.feed.length) state = apply(state, house.feed[heard++]!)
    for (const filter of [open, mine]) {
      const view = state.views.get(nameOf(filter))!
      if (!view.loaded) continue
      const truth = house.list(filter, null, 1_000).items
      const within = truth.filter((row) => view.edge === null || compare(keyOf(row, filter.view), view.edge) <= 0)
      assert.deepEqual(rowsOf(state, filter), within)
      const shown = new Set([...view.settled.filter((id) => !view.left.has(id)), ...view.arrived])
      assert.deepEqual(shown, new Set(view.ids))
    }
    const needed = new Set([...state.views.values()].flatMap((view) => [...view.ids, ...view.left]))
    assert.equal(state.conversations.size, needed.size)
  })

test("a late or repeated row changes nothing", () => {
  let state = snapshot.opened(emptyState(ME), "v", open)
  state = snapshot.withPage(state, "v", { items: [], reads: [], as_of: 0, next: null }, true)
  state = apply(state, event({ conversation: conversation({ id: "a", version: 3, preview: "new" }) }))
  const after = apply(state, event({ conversation: conversation({ id: "a", version: 2, preview: "old" }) }))
  assert.equal(after.conversations.get("a")?.preview, "new")
})

test("a verb's answer never brings back a row that has left", () => {
  let state = snapshot.opened(emptyState(ME), "v", open)
  state = snapshot.withPage(state, "v", { items: [], reads: [], as_of: 0, next: null }, true)
  state = apply(state, event({ conversation: conversation({ id: "a", version: 5 }) }))
  state = apply(state, event({ conversation: conversation({ id: "a", version: 6, status: "resolved" }) }))
  assert.equal(state.conversations.has("a"), false)
  state = learn(state, { conversation: conversation({ id: "a", version: 5 }) })
  assert.equal(state.conversations.has("a"), false)
})

test("a held list stands still: arrivals are counted, rows that left stay until one moves on", () => {
  let state = snapshot.opened(emptyState(ME), "v", open)
  const first = conversation({ id: "a", waiting_since: "2026-11-23T09:10:00Z" })
  state = snapshot.withPage(state, "v", { items: [first], reads: [], as_of: 0, next: null }, true)
  state = snapshot.held(state, "v", true)
  state = apply(state, event({ conversation: conversation({ id: "b", waiting_since: "2026-11-23T09:05:00Z" }) }))
  state = apply(state, event({ conversation: { ...first, version: 2, status: "resolved" } }))
  const view = state.views.get("v")!
  assert.deepEqual([view.settled, [...view.arrived], [...view.left], view.ids], [["a"], ["b"], ["a"], ["b"]])
  assert.equal(state.conversations.get("a")?.status, "resolved")
  assert.deepEqual(snapshot.settled(state, "v", "a").views.get("v")!.settled, ["a"])
  const moved = snapshot.settled(state, "v", null)
  assert.deepEqual(moved.views.get("v")!.settled, [])
  assert.equal(moved.conversations.has("a"), false)
  assert.deepEqual(snapshot.held(state, "v", false).views.get("v")!.settled, ["b"])
})

test("a list that is looked at before it is there shows what comes", () => {
  let state = snapshot.held(snapshot.opened(emptyState(ME), "v", open), "v", true)
  state = snapshot.withPage(state, "v", { items: [conversation({ id: "a" })], reads: [], as_of: 0, next: null }, true)
  assert.deepEqual([state.views.get("v")!.settled, state.views.get("v")!.arrived.size], [["a"], 0])
})

test("a message heard while its thread was loading is not lost", () => {
  let state = snapshot.began(snapshot.threadOpened(emptyState(ME), "c"))
  state = apply(state, event({ seq: 1_000, message: message({ id: "m2", at: "2026-11-23T09:02:00Z" }) }))
  state = snapshot.withThread(state, {
    conversation: conversation({ id: "c" }),
    messages: [message({ id: "m1" })],
    activities: [],
    older: null,
    read: { conversation_id: "c", at: null },
    as_of: 999,
    waiting: [],
    linked: null,
  })
  state = snapshot.ended(state)
  assert.deepEqual(state.threads.get("c")!.ids, ["m1", "m2"])
  state = snapshot.threadClosed(state, "c")
  assert.deepEqual([state.messages.size, state.conversations.size, state.journal.length], [0, 0, 0])
})

test("what may no longer be seen is gone at once", () => {
  let state = snapshot.opened(emptyState(ME), "v", open)
  state = snapshot.withPage(state, "v", { items: [conversation({ id: "a" })], reads: [], as_of: 0, next: null }, true)
  state = apply(state, event({ forget: "a" }))
  assert.deepEqual([state.views.get("v")!.settled, state.conversations.size], [[], 0])
})

test("instants are compared to the microsecond, with or without a fraction", () => {
  assert.ok(micros("2026-11-23T09:00:00Z") < micros("2026-11-23T09:00:00.000001Z"))
  assert.ok(micros("2026-11-23T09:00:00.1Z") > micros("2026-11-23T09:00:00.099999Z"))
})
