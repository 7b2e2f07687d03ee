import assert from "node:assert/strict"
import { test } from "node:test"
import type { ClientFrame, FeedEvent, ServerFrame } from "../api/shapes.ts"
import { type Connection, type Listener, Socket, type Surroundings, type Wire } from "./socket.ts"
import { dice } from "./testing.ts"

/** Time that passes only when told. */
class Clock {
  now = 0
  #due: { at: number; act: () => void }[] = []

  after = (ms: number, act: () => void): (() => void) => {
    const one = { at: this.now + ms, act }
    this.#due.push(one)
    return () => (this.#due = this.#due.filter((other) => other !== one))
  }

  pass(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const next = this.#due.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#due = this.#due.filter((one) => one !== next)
      this.now = next.at
      next.act()
    }
    this.now = until
  }
}

/** A server that numbers events, shows this reader some of them, and sends frames over a road that may lose them. */
class Server implements Listener {
  readonly clock = new Clock()
  readonly wires: Wire[] = []
  feed: { event: FeedEvent; isVisible: boolean }[] = []
  heardSeqs: number[] = []
  since = 0
  restarts = 0
  states: Connection[] = []
  given = 0
  epoch = "one"
  minSeq = 1
  lost: (frame: ServerFrame) => ServerFrame[] = (frame) => [frame]
  readonly socket: Socket

  constructor() {
    const around: Surroundings = {
      connect: () => this.#connect(),
      now: () => this.clock.now,
      random: () => 0.5,
      after: this.clock.after,
    }
    this.socket = new Socket(this, around)
  }

  happens(isVisible = true): void {
    const seq = this.feed.length + 1
    this.feed.push({ event: { seq, name: "x", at: "" }, isVisible })
    this.replay(this.given)
  }

  replay(from: number): void {
    const events = this.feed.filter((one) => one.isVisible && one.event.seq > from).map((one) => one.event)
    if (events.length === 0) return
    const seq = events.at(-1)!.seq
    this.says({ type: "events", prev: from, seq, events })
    this.given = seq
  }

  says(frame: ServerFrame): void {
    for (const one of this.lost(frame))
      this.wires.at(-1)!.onmessage?.({ data: JSON.stringify(one) } as never)
  }

  beats(): void {
    this.says({ type: "beat", head: this.feed.length })
  }

  breaks(): void {
    this.wires.at(-1)!.onclose?.({ code: 1006 } as never)
  }

  greets(): void {
    this.says({
      type: "hello",
      epoch: this.epoch,
      head: this.feed.length,
      min_seq: this.minSeq,
      access: 1,
      user_id: "me",
    })
  }

  visibleSince(seq: number): number[] {
    return this.feed.filter((one) => one.isVisible && one.event.seq > seq).map((one) => one.event.seq)
  }

  heard(events: FeedEvent[]): void {
    this.heardSeqs.push(...events.map((event) => event.seq))
  }

  restarted(seq: number): void {
    this.restarts++
    this.since = seq
    this.heardSeqs = []
  }

  counted(): void {}
  seen(): void {}

  changed(connection: Connection): void {
    this.states.push(connection)
  }

  #connect(): Wire {
    const wire: Wire = {
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (text) => this.#asked(JSON.parse(text) as ClientFrame),
      close: () => undefined,
    }
    this.wires.push(wire)
    return wire
  }

  #asked(frame: ClientFrame): void {
    if (frame.type === "start") {
      this.given = this.feed.length
      this.says({ type: "started", seq: this.given })
    } else if (frame.type === "resume") {
      this.given = frame.last
      this.replay(frame.last)
    } else if (frame.type === "ping") this.says({ type: "pong" })
  }
}

function started(): Server {
  const server = new Server()
  server.socket.start()
  server.greets()
  return server
}

for (let seed = 1; seed <= 30; seed++)
  test(`frames may be lost, doubled and reordered; each event is heard once and in order (seed ${seed})`, () => {
    const server = started()
    const roll = dice(seed)
    let late: ServerFrame[] = []
    server.lost = (frame) => {
      if (frame.type === "hello") return [frame]
      const fate = roll(6)
      if (fate === 0) return []
      if (fate === 1) return [frame, frame]
      if (fate === 2) {
        late.push(frame)
        return []
      }
      const out = [frame, ...late]
      late = []
      return out
    }
    for (let step = 0; step < 200; step++) {
      const choice = roll(12)
      if (choice < 8) server.happens(roll(4) > 0)
      else if (choice === 8) server.beats()
      else if (choice === 9) server.clock.pass(700)
      else if (choice === 10 && roll(4) === 0) {
        server.breaks()
        server.clock.pass(25_000)
        server.greets()
      }
    }
    server.lost = (frame) => [frame]
    server.clock.pass(8_000)
    if (server.socket.connection === "waiting" || server.socket.connection === "connecting") {
      server.clock.pass(25_000)
      server.greets()
    }
    server.happens()
    server.beats()
    server.clock.pass(3_000)
    assert.equal(server.socket.connection, "live")
    assert.deepEqual(server.heardSeqs, server.visibleSince(server.since))
  })

test("after a broken connection it resumes where it was, without loading anything again", () => {
  const server = started()
  server.happens()
  server.breaks()
  assert.equal(server.socket.connection, "waiting")
  server.happens()
  server.clock.pass(500)
  server.greets()
  assert.deepEqual([server.heardSeqs, server.restarts, server.socket.connection], [[1, 2], 1, "live"])
})

test("too long away, another epoch or a resync begins anew", () => {
  const server = started()
  server.breaks()
  for (let count = 0; count < 9; count++) server.feed.push({ event: { seq: count + 1, name: "x", at: "" }, isVisible: true })
  server.minSeq = 8
  server.clock.pass(500)
  server.greets()
  assert.deepEqual([server.restarts, server.socket.last], [2, 9])
  server.epoch = "two"
  server.breaks()
  server.clock.pass(500)
  server.greets()
  assert.equal(server.restarts, 3)
  server.says({ type: "resync", reason: "access" })
  assert.equal(server.restarts, 4)
})

test("silence is noticed, and attempts grow further apart", () => {
  const server = started()
  server.clock.pass(45_000)
  assert.equal(server.socket.connection, "waiting")
  const before = server.wires.length
  server.clock.pass(375)
  assert.equal(server.wires.length, before + 1)
  for (let count = 0; count < 8; count++) {
    server.breaks()
    server.clock.pass(20_000)
  }
  server.breaks()
  server.clock.pass(14_000)
  const waiting = server.wires.length
  server.clock.pass(2_000)
  assert.equal(server.wires.length, waiting + 1)
})

test("holes in what one may see are not asked about for ever", () => {
  const server = started()
  server.happens(false)
  const asked: string[] = []
  server.wires.at(-1)!.send = (text) => void asked.push(text)
  for (let count = 0; count < 10; count++) server.beats()
  assert.equal(asked.filter((text) => text.includes("resume")).length, 3)
})

test("signed out is the end, until somebody signs in", () => {
  const server = started()
  server.says({ type: "signed_out" })
  server.clock.pass(120_000)
  assert.deepEqual([server.socket.connection, server.wires.length], ["signed_out", 1])
})
