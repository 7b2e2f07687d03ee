/**
 * The page's own socket, reducer and store under Node, behind a line that drops, doubles, delays and cuts.
 *
 *     node tests/realtime/reader.ts http://127.0.0.1:8000 'earshot_session=...' 42
 *
 * Takes one JSON order a line, answers one JSON line each. The last argument seeds the faults; 0 means a good line.
 */

import { createInterface } from "node:readline"
import { connect, type Headless } from "../../web/src/live/headless.ts"
import type { Wire } from "../../web/src/live/socket.ts"

type Frame = { data: unknown }
type NodeSocket = new (address: string, options: { headers: Record<string, string> }) => WebSocket

function chanceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

let faults = Number(process.argv[4] ?? 0) > 0
const chance = chanceOf(Number(process.argv[4] ?? 0))
const told = { dropped: 0, doubled: 0, swapped: 0, cut: 0 }

class BadLine implements Wire {
  onopen: Wire["onopen"] = null
  onmessage: Wire["onmessage"] = null
  onclose: Wire["onclose"] = null
  onerror: Wire["onerror"] = null
  #line: WebSocket
  #held: Frame | null = null

  constructor(address: string, headers: Record<string, string>) {
    this.#line = new (WebSocket as unknown as NodeSocket)(address, { headers })
    this.#line.onopen = (event) => this.onopen?.(event as never)
    this.#line.onclose = (event) => this.onclose?.(event as never)
    this.#line.onerror = (event) => this.onerror?.(event as never)
    this.#line.onmessage = (event) => this.#hear({ data: event.data })
  }

  #hear(frame: Frame): void {
    const luck = faults ? chance() : 1
    if (luck < 0.12) {
      told.dropped++
    } else if (luck < 0.24) {
      told.doubled++
      this.#pass(frame)
      this.#pass(frame)
    } else if (luck < 0.36 && this.#held === null) {
      told.swapped++
      this.#held = frame // passed on after the next one
      return
    } else if (luck < 0.38) {
      told.cut++
      this.#line.close()
    } else {
      this.#pass(frame)
    }
    const held = this.#held
    this.#held = null
    if (held) this.#pass(held)
  }

  #pass(frame: Frame): void {
    this.onmessage?.(frame as never)
  }

  send(text: string): void {
    if (faults && chance() < 0.1) return
    if (this.#line.readyState === WebSocket.OPEN) this.#line.send(text)
  }

  close(code?: number): void {
    this.#line.close(code)
  }
}

async function obey(live: Headless, order: Record<string, unknown>): Promise<unknown> {
  switch (order["do"]) {
    case "open_view":
      return live.openView({ view: String(order["view"]) })
    case "open_thread":
      return live.openThread(String(order["id"]))
    case "calm":
      faults = false
      return told
    case "dump":
      return live.dump()
    default:
      throw new Error(`There is no order "${String(order["do"])}".`)
  }
}

const live = await connect(process.argv[2]!, {
  cookie: process.argv[3]!,
  timeScale: 10,
  open: (address, headers) => new BadLine(address, headers),
})
process.stdout.write("ready\n")
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(live, JSON.parse(line) as Record<string, unknown>)
  process.stdout.write(JSON.stringify(answer ?? null) + "\n")
}
live.stop()
process.exit(0)
