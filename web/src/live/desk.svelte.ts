/** The live store as the page sees it: drawn at most once a frame, with what was just asked laid over what is known. */

import { Api, itemsOf, Problem } from "../api/client.ts"
import type { Person } from "../api/contacts.ts"
import type { Rule } from "../api/rules.ts"
import type { Platform, Workspace } from "../api/rooms.ts"
import type { Channel, Conversation, Id, Macro, Member, Message, Read, Right, SavedReply, SavedView, Session, Team, Viewer } from "../api/shapes.ts"
import type { Connection, Surroundings, Wire } from "./socket.ts"
import { emptyState, type State, type Thread, type View } from "./state.ts"
import { Store } from "./store.ts"
import { clock } from "../ui/time.svelte.ts"
import { micros } from "./views.ts"

/** What we asked for and have not heard about yet. */
interface Asked {
  of: Id
  change: Partial<Conversation> | Partial<Message>
}

/** A message on its way to the server. */
export interface Leaving {
  key: string
  message: Message
}

const TYPING_FADES = 60_000
const WARM_THREADS = 6

class Desk {
  session = $state.raw<Session | null | undefined>(undefined) // undefined: not known yet
  workspace = $state.raw<Workspace | null>(null)
  platforms = $state.raw<ReadonlyMap<string, Platform>>(new Map())
  state = $state.raw<State>(emptyState(""))
  connection = $state.raw<Connection>("waiting")
  retryAt = $state.raw<number | null>(null)
  failures = $state.raw<ReadonlyMap<string, Problem>>(new Map())
  leaving = $state.raw<readonly Leaving[]>([])
  readonly api = new Api((input, init) => fetch(input, init))
  #asked = $state.raw<readonly Asked[]>([])
  #reads = $state.raw<ReadonlyMap<Id, Read>>(new Map())
  #store: Store | null = null
  #warm: Id[] = []
  #isDrawing = false

  get store(): Store {
    if (!this.#store) throw new Error("Nobody is signed in.")
    return this.#store
  }

  get me(): Id {
    return this.session?.user.id ?? ""
  }

  /** What one may do: as the feed last told of oneself, so that what was taken is gone from the page at once. */
  get rights(): readonly Right[] {
    return this.member(this.me)?.rights ?? this.session?.rights ?? []
  }

  may(right: Right): boolean {
    return this.rights.includes(right)
  }

  get mayWrite(): boolean {
    return this.may("answer")
  }

  /** Whether one may change what all colleagues use. */
  get mayShare(): boolean {
    return this.may("share")
  }

  /** Whether what one writes leaves without a colleague's approval. */
  get publishesAlone(): boolean {
    return this.may("approve") || (this.may("publish") && !this.member(this.me)?.asks_first)
  }

  /** What the tab says before its name: how much one was told and has not read. */
  get badge(): string {
    const { unread } = this.state.bell
    return unread > 0 ? `(${unread >= 1000 ? "999+" : unread}) ` : ""
  }

  /** Looks whether somebody is signed in here already. */
  async wake(): Promise<void> {
    try {
      this.enter(await this.api.session())
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      if (problem.status === 401) this.session = null
      else setTimeout(() => void this.wake(), 2_000)
    }
  }

  enter(session: Session): void {
    this.session = session
    if (session.must_enrol) return // nothing else is open to them yet
    this.#open(session)
    void this.#furnish()
    addEventListener("online", () => this.#store?.socket.hurry())
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#store?.socket.hurry()
    })
  }

  /** One's browsers were signed out, and this one goes on under a new session: so does its live line. */
  goOn(session: Session): void {
    if (!this.#store) return this.enter(session)
    this.session = session
    this.#store.stop()
    if (!session.must_enrol) this.#open(session)
  }

  #open(session: Session): void {
    const store: Store = new Store(session.user.id, this.api, this.#surroundings(), () => {
      if (store === this.#store) this.#drawSoon()
    })
    this.#store = store
    store.start()
  }

  async leave(): Promise<void> {
    await this.api.signOut()
    this.#store?.stop()
    location.assign("/sign-in")
  }

  async #furnish(): Promise<void> {
    const [platforms, workspace] = await Promise.allSettled([this.api.platforms(), this.api.workspace()])
    if (platforms.status === "fulfilled")
      this.platforms = new Map(itemsOf(platforms.value).map((platform) => [platform.name, platform]))
    if (workspace.status === "fulfilled") this.workspace = workspace.value
  }

  #surroundings(): Surroundings {
    return {
      connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`) as Wire,
      now: () => Date.now(),
      random: () => Math.random(),
      after: (ms, act) => {
        const timer = setTimeout(act, ms)
        return () => clearTimeout(timer)
      },
    }
  }

  #drawSoon(): void {
    if (this.#isDrawing) return
    this.#isDrawing = true
    const draw = (): void => {
      this.#isDrawing = false
      this.#draw()
    }
    // A hidden page has no frames, but its title still counts.
    if (document.hidden) setTimeout(draw, 250)
    else requestAnimationFrame(draw)
  }

  #draw(): void {
    const store = this.store
    const before = this.state
    this.state = store.state
    clock.correct(this.api.skew)
    this.failures = store.failures
    this.connection = store.connection
    this.retryAt = store.retryAt
    this.#forgetReads(before)
    if (store.connection === "waiting") void this.#stillSignedIn()
    if (store.connection === "signed_out") void this.#isOut(store)
  }

  /** The session of the line is over; that of the page may be a newer one, made here or in another tab. */
  async #isOut(store: Store): Promise<void> {
    try {
      const session = await this.api.session()
      if (store === this.#store) this.goOn(session)
    } catch {
      if (store === this.#store) this.session = null
    }
  }

  /** A refused socket does not say why; the door does. */
  async #stillSignedIn(): Promise<void> {
    const asked = this.retryAt
    await this.api.session().catch((problem: unknown) => {
      if (problem instanceof Problem && problem.status === 401 && asked === this.retryAt) this.session = null
    })
  }

  // What is known, with what was asked laid over it

  conversation(id: Id): Conversation | undefined {
    const row = this.state.conversations.get(id)
    return row && this.#over(row)
  }

  message(id: Id): Message | undefined {
    const row = this.state.messages.get(id)
    return row && this.#over(row)
  }

  #over<T extends { id: Id }>(row: T): T {
    return this.#asked.reduce((seen, one) => (one.of === row.id ? { ...seen, ...one.change } : seen), row)
  }

  /** The change is seen at once; given back is how to take it away, after the answer came. */
  suppose(of: Id, change: Asked["change"]): () => void {
    const one: Asked = { of, change }
    this.#asked = [...this.#asked, one]
    return () => (this.#asked = this.#asked.filter((other) => other !== one))
  }

  supposeRead(read: Read): () => void {
    this.#reads = new Map(this.#reads).set(read.conversation_id, read)
    return () => {
      if (this.#reads.get(read.conversation_id) !== read) return
      const rest = new Map(this.#reads)
      rest.delete(read.conversation_id)
      this.#reads = rest
    }
  }

  /** The feed has the last word on what was read. */
  #forgetReads(before: State): void {
    if (before.reads === this.state.reads || this.#reads.size === 0) return
    const rest = [...this.#reads].filter(([id]) => before.reads.get(id) === this.state.reads.get(id))
    if (rest.length < this.#reads.size) this.#reads = new Map(rest)
  }

  isUnread(row: Conversation, until = row.last_inbound_at): boolean {
    if (!until) return false
    const read = this.#reads.get(row.id) ?? this.state.reads.get(row.id)
    return !read?.at || micros(read.at) < micros(until)
  }

  view(name: string): View | undefined {
    return this.state.views.get(name)
  }

  thread(id: Id): Thread | undefined {
    return this.state.threads.get(id)
  }

  /** Somebody who is open; null while they are being asked for. */
  person(id: Id): Person | null | undefined {
    return this.state.people.get(id)
  }

  channel(id: Id): Channel | undefined {
    return this.state.channels.get(id)
  }

  member(id: Id | null): Member | undefined {
    return id ? this.state.members.get(id) : undefined
  }

  get members(): Member[] {
    return [...this.state.members.values()].sort((a, b) => a.name.localeCompare(b.name))
  }

  team(id: Id | null): Team | undefined {
    return id ? this.state.teams.get(id) : undefined
  }

  get teams(): Team[] {
    return [...this.state.teams.values()].filter((one) => !one.removed).sort((a, b) => a.name.localeCompare(b.name))
  }

  get savedReplies(): SavedReply[] {
    return [...this.state.savedReplies.values()].filter((one) => !one.removed).sort((a, b) => a.title.localeCompare(b.title))
  }

  get macros(): Macro[] {
    return [...this.state.macros.values()].filter((one) => !one.removed).sort((a, b) => a.title.localeCompare(b.title))
  }

  get rules(): Rule[] {
    return [...this.state.rules.values()].filter((one) => !one.removed).sort((a, b) => a.position - b.position)
  }

  /** Everybody's and one's own, in their order. */
  get savedViews(): SavedView[] {
    return [...this.state.savedViews.values()].filter((one) => !one.removed).sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1))
  }

  get channels(): Channel[] {
    return [...this.state.channels.values()].sort((a, b) => a.name.localeCompare(b.name))
  }

  /** Colleagues who look at this conversation now. Who was said to be typing long ago only looks. */
  viewers(id: Id, now: number): Viewer[] {
    const known = this.state.presence.get(id)
    if (!known) return []
    const isOld = now - known.at > TYPING_FADES
    return known.people
      .filter((viewer) => viewer.user_id !== this.me)
      .map((viewer) => (isOld && viewer.state === "typing" ? { ...viewer, state: "viewing" } : viewer))
  }

  /** Opens a thread and keeps the last few warm, so that going back is instant. */
  open(id: Id): void {
    void this.store.openThread(id)
    this.#warm = [id, ...this.#warm.filter((other) => other !== id)]
    for (const cold of this.#warm.splice(WARM_THREADS)) this.store.closeThread(cold)
  }
}

export const desk = new Desk()
