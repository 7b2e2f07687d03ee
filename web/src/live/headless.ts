/**
 * The live half without a browser, for tests and programs: the same socket, reducer and store, under Node.
 *
 *     const live = await connect("http://127.0.0.1:8000", { cookie: "earshot_session=..." })
 *     await live.openView({ view: "open" })
 *     await live.reaches(120)
 *     live.dump().views["open|||"]
 *
 * As a program it takes one JSON command a line and answers one JSON line each:
 *
 *     node src/live/headless.ts http://127.0.0.1:8000 'earshot_session=...'
 *     {"do": "open_view", "view": "open"}   {"do": "open_thread", "id": "..."}   {"do": "reaches", "seq": 120}   {"do": "dump"}
 */

import { Api, type Fetch } from "../api/client.ts"
import type { Activity, Conversation, Id, Message, Read } from "../api/shapes.ts"
import type { Surroundings, Wire } from "./socket.ts"
import { Store } from "./store.ts"

export interface Dump {
  seq: number
  connection: string
  counts: Record<string, number>
  views: Record<string, { rows: Conversation[]; reads: Read[]; complete: boolean }> // reads: marks that say when
  threads: Record<Id, { messages: Message[]; activities: Activity[]; older: string | null }>
  conversations: number // how many rows are held in all
}

export interface Options {
  cookie?: string
  fetch?: Fetch
  /** Opens a socket on this address; a test wraps it to drop, double or reorder frames. */
  open?: (address: string, headers: Record<string, string>) => Wire
  timeScale?: number // 10: every wait is ten times shorter
}

type NodeSocket = new (address: string, options: { headers: Record<string, string> }) => Wire

function openInNode(address: string, headers: Record<string, string>): Wire {
  return new (WebSocket as unknown as NodeSocket)(address, { headers })
}

export class Headless extends Store {
  #waiting: { seq: number; done: () => void }[] = []

  /** Resolves when the feed reached `seq` and nothing is being loaded. */
  reaches(seq: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ seq, done })
      this.check()
    })
  }

  check(): void {
    if (this.state.loads > 0) return
    const here = this.#waiting.filter((one) => one.seq <= this.state.seq)
    this.#waiting = this.#waiting.filter((one) => one.seq > this.state.seq)
    for (const one of here) one.done()
  }

  dump(): Dump {
    const { state } = this
    return {
      seq: state.seq,
      connection: this.connection,
      counts: state.counts,
      views: Object.fromEntries(
        [...state.views].map(([name, view]) => [
          name,
          {
            rows: view.ids.map((id) => state.conversations.get(id)!),
            reads: view.ids.flatMap((id) => state.reads.get(id) ?? []).filter((read) => read.at !== null),
            complete: view.loaded && view.edge === null,
          },
        ]),
      ),
      threads: Object.fromEntries(
        [...state.threads].map(([id, thread]) => [
          id,
          {
            messages: thread.ids.map((message) => state.messages.get(message)!),
            activities: [...thread.activities],
            older: thread.older,
          },
        ]),
      ),
      conversations: state.conversations.size,
    }
  }
}

/** A running store, signed in by a cookie. */
export async function connect(base: string, options: Options = {}): Promise<Headless> {
  const headers: Record<string, string> = { Origin: new URL(base).origin }
  if (options.cookie) headers["Cookie"] = options.cookie
  const api = new Api(options.fetch ?? fetch, base, headers)
  const { user } = await api.session()
  const scale = options.timeScale ?? 1
  const around: Surroundings = {
    connect: () => (options.open ?? openInNode)(base.replace(/^http/, "ws") + "/ws", headers),
    now: () => Date.now(),
    random: () => Math.random(),
    after: (ms, act) => {
      const timer = setTimeout(act, ms / scale)
      return () => clearTimeout(timer)
    },
  }
  const live: Headless = new Headless(user.id, api, around, () => live.check())
  live.start()
  return live
}

async function obey(live: Headless, order: Record<string, unknown>): Promise<unknown> {
  const id = String(order["id"] ?? "")
  switch (order["do"]) {
    case "open_view": {
      const { do: _, ...filter } = order
      return live.openView(filter as { view: string })
    }
    case "close_view":
      return live.closeView(String(order["name"]))
    case "more":
      return live.moreOf(String(order["name"]))
    case "open_thread":
      return live.openThread(id)
    case "close_thread":
      return live.closeThread(id)
    case "reaches":
      return live.reaches(Number(order["seq"]))
    case "dump":
      return live.dump()
    default:
      throw new Error(`There is no order "${String(order["do"])}".`)
  }
}

async function run(): Promise<void> {
  const { createInterface } = await import("node:readline")
  const live = await connect(process.argv[2]!, process.argv[3] ? { cookie: process.argv[3] } : {})
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await obey(live, JSON.parse(line) as Record<string, unknown>)
    process.stdout.write(JSON.stringify(answer ?? null) + "\n")
  }
  live.stop()
}

if (typeof process !== "undefined" && process.argv[1]?.endsWith("headless.ts")) await run()
