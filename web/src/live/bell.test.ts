import assert from "node:assert/strict"
import { test } from "node:test"
import type { FeedEvent, Notification } from "../api/shapes.ts"
import { listed, rung, silent, told, unreadIn } from "./bell.ts"
import { conversation } from "./testing.ts"

function notification(given: Partial<Notification> & { id: string }): Notification {
  return {
    version: 1,
    kind: "assigned",
    at: "2026-11-26T09:00:00Z",
    count: 1,
    conversation_id: "c1",
    channel_id: "channel",
    message_id: null,
    by: null,
    read_at: null,
    promise: "",
    in_app: true,
    ...given,
  }
}

let seq = 0
const heard = (event: Partial<FeedEvent>): FeedEvent => ({ seq: ++seq, name: "notification.made", at: "2026-11-26T09:00:00Z", ...event })

test("what is new stands first, and what repeats is one, however late or often it is told", () => {
  const first = notification({ id: "a" })
  const second = notification({ id: "b", at: "2026-11-26T09:05:00Z", conversation_id: "c2" })
  const again = notification({ id: "a", version: 2, count: 2, at: "2026-11-26T09:10:00Z" })
  let bell = rung(silent, heard({ bell: { unread: 1, notification: first }, conversation: conversation({ id: "c1" }) }))
  bell = rung(bell, heard({ bell: { unread: 2, notification: second } }))
  bell = rung(bell, heard({ bell: { unread: 2, notification: again } }))
  bell = rung(bell, heard({ bell: { unread: 2, notification: first } }))
  assert.deepEqual(bell.items.map((one) => [one.id, one.count]), [["a", 2], ["b", 1]])
  assert.equal(bell.unread, 2)
  assert.equal(bell.about.get("c1")?.person.name, "Ana")
})

test("reading until an instant reads what came until then, in one conversation or in all", () => {
  const items = ["a", "b", "c"].map((id, n) => notification({ id, at: `2026-11-26T09:0${n}:00Z`, conversation_id: id }))
  const bell = listed(silent, { items, conversations: [], unread: 3, as_of: 1, next: null }, true)
  const one = told(bell, { unread: 2, read_until: "2026-11-26T09:30:00Z", read_in: "b" })
  assert.deepEqual(one.items.map((item) => [item.id, item.read_at !== null]), [["c", false], ["b", true], ["a", false]])
  const some = told(bell, { unread: 1, read_until: "2026-11-26T09:01:00Z" })
  assert.deepEqual(some.items.filter((item) => !item.read_at).map((item) => item.id), ["c"])
  assert.deepEqual(unreadIn(some, "c").map((item) => item.id), ["c"])
})

test("a name that changes, or is erased, changes here too; of a conversation that is ours no more nothing is said", () => {
  const made = heard({ bell: { unread: 1, notification: notification({ id: "a" }) }, conversation: conversation({ id: "c1" }) })
  const erased = conversation({ id: "c1", version: 2 })
  erased.person.name = ""
  let bell = rung(rung(silent, made), heard({ name: "contact.erased", conversation: erased }))
  assert.equal(bell.about.get("c1")?.person.name, "")
  bell = rung(bell, heard({ name: "conversation.forgotten", forget: "c1" }))
  assert.equal(bell.about.has("c1"), false)
})

test("what is told a second time after the list was loaded counts nothing back", () => {
  const event = heard({ bell: { unread: 1, notification: notification({ id: "a" }) } })
  const loaded = listed(rung(silent, event), { items: [notification({ id: "a", version: 2, read_at: "2026-11-26T09:01:00Z" })], conversations: [], unread: 0, as_of: seq + 1, next: null }, true)
  assert.deepEqual([rung(loaded, event).unread, rung(loaded, event).items[0]?.version], [0, 2])
})

test("what somebody wanted told only aloud stands in no list", () => {
  const bell = rung(silent, heard({ bell: { unread: 0, loud: ["desktop"], notification: notification({ id: "a", in_app: false }) } }))
  assert.deepEqual(bell.items, [])
})
