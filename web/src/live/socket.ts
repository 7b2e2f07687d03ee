/**
 * The one holder of a socket: it says hello, keeps its place in the feed, and comes back after every gap.
 *
 * Sound whatever happens to the frames: a frame is taken if it begins at or before the place reached, the part of it
 * that is known is skipped, and anything that begins later means something is missing, so the feed is resumed.
 */

import type { ClientFrame, Counts, FeedEvent, Id, ServerFrame, Viewer, Visibility } from "../api/shapes.ts"

export type Connection = "connecting" | "catching_up" | "live" | "waiting" | "signed_out"

/** What the socket tells the rest of the page. */
export interface Listener {
  heard(events: FeedEvent[], seq: number): void
  restarted(seq: number, anew: boolean): void // everything open must be loaded again; anew: another epoch
  counted(counts: Counts, asOf: number): void
  seen(conversation: Id, people: Viewer[]): void
  changed(connection: Connection, retryAt: number | null): void
}

/** The part of a WebSocket that is used, so that Node's or a test's will do. */
export interface Wire {
  onopen: ((event: never) => unknown) | null
  onmessage: ((event: never) => unknown) | null
  onclose: ((event: never) => unknown) | null
  onerror: ((event: never) => unknown) | null
  send(text: string): void
  close(code?: number): void
}

export interface Surroundings {
  connect(): Wire
  now(): number
  random(): number
  after(ms: number, act: () => void): () => void // gives back how to call it off
}

const HELLO_WITHIN = 10_000
const ANSWER_WITHIN = 6_000
const CHASE_EVERY = 1_500
const SILENCE = 45_000 // a beat comes every 20 s
const FIRST_WAIT = 500
const LONGEST_WAIT = 20_000

export class Socket {
  connection: Connection = "waiting"
  last = -1 // the place reached in the feed; -1: nowhere yet
  #epoch = ""
  #access: number | null = null
  #wire: Wire | null = null
  #listener: Listener
  #around: Surroundings
  #attempts = 0
  #callOff: (() => void) | null = null // what happens if nothing is heard in time
  #callOffRetry: (() => void) | null = null
  #starting = false
  #greeted = false
  #head = -1
  #missing = -1 // something for this reader is known to stand there
  #doubts = 0 // questions about the same head: a quiet feed is not asked over and over
  #callOffChase: (() => void) | null = null
  #watched: Id | null = null
  #stopped = true

  constructor(listener: Listener, around: Surroundings) {
    this.#listener = listener
    this.#around = around
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#open()
  }

  stop(): void {
    this.#stopped = true
    this.#callOffRetry?.()
    this.#leave()
  }

  /** The machine woke up or went online: no need to wait for the next attempt. */
  hurry(): void {
    if (this.#stopped || this.connection !== "waiting") return
    this.#callOffRetry?.()
    this.#open()
  }

  watch(conversation: Id | null): void {
    this.#watched = conversation
    this.#send({ type: "watch", conversation_id: conversation })
  }

  /** Colleagues see it; the person it is written to does where their platform shows it, but never of a note. */
  typing(conversation: Id, on: boolean, visibility: Visibility): void {
    this.#send({ type: "typing", conversation_id: conversation, on, visibility })
  }

  idle(conversation: Id, on: boolean): void {
    this.#send({ type: "idle", conversation_id: conversation, on })
  }

  #open(): void {
    this.#leave()
    this.#turn("connecting")
    const wire = this.#around.connect()
    this.#wire = wire
    this.#greeted = false
    this.#expect(HELLO_WITHIN)
    wire.onmessage = (event: { data: unknown }) => {
      if (wire === this.#wire) this.#hear(JSON.parse(String(event.data)) as ServerFrame)
    }
    wire.onclose = (event: { code?: number }) => {
      if (wire === this.#wire) this.#lose(event.code)
    }
    wire.onerror = () => undefined // a close always follows
  }

  #leave(): void {
    this.#callOff?.()
    this.#callOffChase?.()
    this.#callOffChase = null
    const wire = this.#wire
    this.#wire = null
    wire?.close()
  }

  #lose(code?: number): void {
    this.#leave()
    if (this.#stopped) return
    if (code === 4401) return this.#signedOut()
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++)
    const wait = longest * (0.5 + this.#around.random() / 2) // all clients of a restarted server must not come at once
    this.#turn("waiting", this.#around.now() + wait)
    this.#callOffRetry = this.#around.after(wait, () => this.#open())
  }

  #signedOut(): void {
    this.#stopped = true
    this.#leave()
    this.#turn("signed_out")
  }

  #hear(frame: ServerFrame): void {
    if (this.#greeted && !this.#starting) this.#expect(SILENCE)
    switch (frame.type) {
      case "hello":
        return this.#greet(frame)
      case "started":
        return this.#begin(frame.seq)
      case "events":
        return this.#take(frame.events, frame.prev, frame.seq)
      case "resync":
        return this.#startOver()
      case "beat":
        return this.#compare(frame.head)
      case "pong":
        return this.#caughtUp()
      case "counts":
        return this.#listener.counted(frame.counts, frame.as_of)
      case "presence":
        return this.#listener.seen(frame.conversation_id, frame.people)
      case "signed_out":
        return this.#signedOut()
    }
  }

  #greet(hello: { epoch: string; head: number; min_seq: number; access: number }): void {
    const anew = hello.epoch !== this.#epoch
    const isKnown = !anew && hello.access === this.#access && this.last >= hello.min_seq - 1 && this.last >= 0
    if (anew) this.last = -1
    this.#greeted = true
    this.#starting = false
    this.#missing = -1
    this.#epoch = hello.epoch
    this.#access = hello.access
    this.#head = hello.head
    this.#attempts = 0
    if (this.#watched) this.watch(this.#watched)
    if (isKnown) this.#resume(hello.head)
    else this.#startOver()
  }

  #startOver(): void {
    this.#starting = true
    this.#turn("catching_up")
    this.#expect(ANSWER_WITHIN)
    this.#send({ type: "start" })
  }

  #begin(seq: number): void {
    if (!this.#starting) return // a late copy of an answer that was taken
    this.#starting = false
    const anew = this.last < 0
    this.last = seq
    this.#expect(SILENCE)
    this.#listener.restarted(seq, anew)
    this.#caughtUp()
  }

  #resume(head: number): void {
    this.#head = Math.max(this.#head, head)
    this.#turn("catching_up")
    this.#expect(SILENCE)
    this.#send({ type: "resume", epoch: this.#epoch, last: this.last })
    this.#send({ type: "ping" }) // its pong comes after what was missed
  }

  #take(events: FeedEvent[], prev: number, seq: number): void {
    if (this.#starting || seq <= this.last) return
    if (prev > this.last) return this.#miss(seq)
    const fresh = events.filter((event) => event.seq > this.last)
    this.last = seq
    this.#listener.heard(fresh, seq)
    if (seq >= this.#head) this.#caughtUp()
  }

  #miss(seq: number): void {
    this.#missing = Math.max(this.#missing, seq)
    if (!this.#callOffChase) this.#chase()
  }

  /** Asks for what is missing until it came; frames in between are not asked about one by one. */
  #chase(): void {
    this.#callOffChase = null
    if (this.last >= this.#missing || this.#starting) return
    this.#resume(this.#missing)
    this.#callOffChase = this.#around.after(CHASE_EVERY, () => this.#chase())
  }

  /** A head beyond our place may be a lost frame or things we may not see: a few questions settle it. */
  #compare(head: number): void {
    if (this.#starting || head <= this.last) return
    this.#doubts = head > this.#head ? 0 : this.#doubts + 1
    this.#head = Math.max(this.#head, head)
    if (this.#doubts < 3) this.#resume(head)
  }

  #caughtUp(): void {
    if (!this.#starting) this.#turn("live")
  }

  #expect(within: number): void {
    this.#callOff?.()
    const wire = this.#wire
    this.#callOff = this.#around.after(within, () => {
      if (wire === this.#wire) this.#lose()
    })
  }

  #turn(connection: Connection, retryAt: number | null = null): void {
    if (connection === this.connection && retryAt === null) return
    this.connection = connection
    this.#listener.changed(connection, retryAt)
  }

  #send(frame: ClientFrame): void {
    if (!this.#wire || this.connection === "waiting") return
    try {
      this.#wire.send(JSON.stringify(frame))
    } catch {
      // Not open yet, or closing: hello or the next connection says it again.
    }
  }
}
