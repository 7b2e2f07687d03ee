/** The live store: one state, told by the feed, filled by the doors. Knows no browser; `headless.ts` runs it in Node. */

import type { Person } from "../api/contacts.ts"
import type { Rule } from "../api/rules.ts"
import { type Api, itemsOf, Problem } from "../api/client.ts"
import type { BellNews, Conversation, FeedEvent, Id, Message, Page, Sweep, Viewer } from "../api/shapes.ts"
import { told } from "./bell.ts"
import { apply, counted, learn, newer, reached, seen } from "./reducer.ts"
import { dropped, replaced } from "./lists.ts"
import * as snapshot from "./snapshot.ts"
import { type Connection, type Listener, Socket, type Surroundings } from "./socket.ts"
import { emptyState, type State } from "./state.ts"
import { type Filter, nameOf } from "./views.ts"

const PAGE = 100
const DOUBT_FOR = 1_000 // a view only the server can judge is asked for at most once a second
const WONDER_AFTER = 400
const MOST_WONDERING = 20 // in a storm an unread dot may be wrong until the list is loaded again
const RETRY_AFTER = 2_500
const RELOADED_PAGES = 5 // after a gap no more than this is loaded again; the rest comes by scrolling

export class Store implements Listener {
  state: State
  connection: Connection = "waiting"
  retryAt: number | null = null
  failures: ReadonlyMap<string, Problem> = new Map() // by view name or conversation id
  readonly api: Api
  readonly socket: Socket
  readonly #around: Surroundings
  readonly #told: () => void
  #round = 0 // loads of an earlier round may miss what the feed skipped
  #asking = new Map<Id, () => Promise<Person>>()
  #paging = new Set<string>()
  #wondering = new Set<Id>()
  #callOffWonder: (() => void) | null = null
  #refreshing = new Map<string, () => void>()

  /** `told` is called after every change; a browser draws then, at most once a frame. */
  constructor(me: Id, api: Api, around: Surroundings, told: () => void = () => undefined) {
    this.state = emptyState(me)
    this.api = api
    this.#around = around
    this.#told = told
    this.socket = new Socket(this, around)
  }

  start(): void {
    this.socket.start()
  }

  stop(): void {
    this.socket.stop()
    for (const callOff of this.#refreshing.values()) callOff()
    this.#callOffWonder?.()
  }

  // What the page opens

  async openView(filter: Filter): Promise<string> {
    const name = nameOf(filter)
    if (this.state.views.has(name)) return name
    this.#set(snapshot.opened(this.state, name, filter))
    await this.reloadView(name)
    return name
  }

  closeView(name: string): void {
    this.#set(snapshot.closed(this.state, name))
  }

  /** The next page of a view, if there is one. */
  async moreOf(name: string): Promise<void> {
    const view = this.state.views.get(name)
    if (!view?.loaded || view.next === null || this.#paging.has(name)) return
    this.#paging.add(name)
    const cursor = view.next
    await this.#load(
      name,
      () => this.api.conversations({ ...view.filter }, cursor, PAGE),
      (page) =>
        this.state.views.get(name)?.next === cursor ? snapshot.withPage(this.state, name, page, false) : this.state,
    )
    this.#paging.delete(name)
  }

  async openThread(id: Id): Promise<void> {
    if (this.state.threads.has(id)) return
    this.#set(snapshot.threadOpened(this.state, id))
    await this.reloadThread(id)
  }

  closeThread(id: Id): void {
    this.#set(snapshot.threadClosed(this.state, id))
  }

  async olderOf(id: Id): Promise<void> {
    const cursor = this.state.threads.get(id)?.older
    if (!cursor || this.#paging.has(id)) return
    this.#paging.add(id)
    await this.#load(
      id,
      () => this.api.olderMessages(id, cursor),
      (page) =>
        this.state.threads.get(id)?.older === cursor ? snapshot.withOlder(this.state, id, page) : this.state,
    )
    this.#paging.delete(id)
  }

  /** Somebody, by one of their accounts or by their contact. */
  async openPerson(id: Id, ask: () => Promise<Person>): Promise<void> {
    if (this.#asking.has(id)) return
    this.#asking.set(id, ask)
    this.#set({ ...this.state, people: replaced(this.state.people, id, null) })
    await this.reloadPerson(id)
  }

  closePerson(id: Id): void {
    this.#asking.delete(id)
    this.#set({ ...this.state, people: dropped(this.state.people, id) })
  }

  hold(name: string, on: boolean): void {
    this.#set(snapshot.held(this.state, name, on))
  }

  /** Shows what arrived and lets go of what left. */
  catchUp(name: string): void {
    this.#set(snapshot.shown(this.state, name, this.state.views.get(name)?.held ?? false))
  }

  moveOn(name: string, cursor: Id | null): void {
    this.#set(snapshot.settled(this.state, name, cursor))
  }

  learn(answer: { conversation?: Conversation; message?: Message }): void {
    this.#set(learn(this.state, answer))
  }

  learnRules(rules: readonly Rule[]): void {
    this.#set({ ...this.state, rules: rules.reduce(newer, this.state.rules) })
  }

  // Loading

  async reloadPerson(id: Id): Promise<void> {
    const ask = this.#asking.get(id)
    if (!ask) return
    await this.#load(id, ask, (person) =>
      this.#asking.has(id) ? { ...this.state, people: replaced(this.state.people, id, person) } : this.state,
    )
  }

  /** Whoever is open and was one of these contacts is asked for anew; with none named, everybody is. */
  async reloadPeople(contacts: readonly Id[]): Promise<void> {
    const isMeant = (one: Person | null): boolean => contacts.length === 0 || (one?.contact_ids ?? []).some((id) => contacts.includes(id))
    const open = [...this.state.people].filter(([, one]) => isMeant(one))
    await Promise.all(open.map(([id]) => this.reloadPerson(id)))
  }

  async reloadView(name: string): Promise<void> {
    const view = this.state.views.get(name)
    if (!view) return
    const pages = Math.min(RELOADED_PAGES, Math.max(1, Math.ceil(view.ids.length / PAGE)))
    let cursor: string | null = null
    for (let page = 0; page < pages && (page === 0 || cursor); page++) {
      const from: string | null = cursor
      const isLoaded = await this.#load(
        name,
        () => this.api.conversations({ ...view.filter }, from, PAGE),
        (loaded) => snapshot.withPage(this.state, name, loaded, from === null),
      )
      if (!isLoaded) return
      cursor = this.state.views.get(name)?.next ?? null
    }
  }

  async reloadThread(id: Id): Promise<void> {
    await this.#load(
      id,
      () => this.api.conversation(id),
      (thread) => snapshot.withThread(this.state, thread),
    )
  }

  async loadPeople(): Promise<void> {
    await this.#load(
      "people",
      () => Promise.all([this.api.channels(), this.api.members(), everyPage(this.api.teams)]),
      ([channels, members, teams]) => snapshot.withPeople(this.state, itemsOf(channels), itemsOf(members), teams),
    )
  }

  /** What is kept ready to be written again. */
  async loadKept(): Promise<void> {
    await this.#load("kept", () => Promise.all([everyPage(this.api.savedReplies), everyPage(this.api.macros), this.api.savedViews()]), ([replies, macros, views]) =>
      snapshot.withKept(this.state, replies, macros, views.items),
    )
  }

  async loadCounts(): Promise<void> {
    await this.#load("counts", () => this.api.counts(), ({ as_of: asOf = 0, saved, ...counts }) => counted(this.state, { ...counts, ...saved }, asOf))
  }

  async loadBell(): Promise<void> {
    await this.#load("bell", () => this.api.notifications(), (page) => snapshot.withNotifications(this.state, page, true))
  }

  /** The notifications behind those that are known. */
  async olderNotifications(): Promise<void> {
    const cursor = this.state.bell.next
    if (!cursor || this.#paging.has("bell")) return
    this.#paging.add("bell")
    await this.#load(
      "bell",
      () => this.api.notifications(cursor),
      (page) => (this.state.bell.next === cursor ? snapshot.withNotifications(this.state, page, false) : this.state),
    )
    this.#paging.delete("bell")
  }

  /** What a door said of our own bell. */
  bellSaid(news: BellNews): void {
    this.#set({ ...this.state, bell: told(this.state.bell, news) })
  }

  /** Asks, and takes the answer in, unless the feed began anew meanwhile: then it asks once more. */
  async #load<T>(name: string, ask: () => Promise<T>, take: (answer: T) => State): Promise<boolean> {
    const round = this.#round
    this.#set(snapshot.began(this.state))
    try {
      const answer = await ask()
      if (round !== this.#round) return false // everything open is being loaded again
      this.#fail(name, null)
      this.state = take(answer)
      return true
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      if (round === this.#round) this.#missed(name, problem)
      return false
    } finally {
      this.#set(snapshot.ended(this.state))
    }
  }

  /** What could not be loaded is owed: until it comes, the page would show what is no longer so. */
  #missed(name: string, problem: Problem): void {
    this.#fail(name, problem)
    if (problem.status === 0 || problem.status === 429 || problem.status >= 500) this.#refreshSoon(name, RETRY_AFTER)
    else if (this.state.threads.has(name)) this.closeThread(name)
  }

  #fail(name: string, problem: Problem | null): void {
    const failures = new Map(this.failures)
    if (problem) failures.set(name, problem)
    else failures.delete(name)
    this.failures = failures
  }

  // What the socket says

  heard(events: FeedEvent[], seq: number): void {
    const before = this.state.conversations
    this.#set(reached(events.reduce(apply, this.state), seq))
    for (const { contact } of events) if (contact) void this.reloadPeople(contact.contact_ids)
    for (const { conversation } of events)
      if (conversation && conversation.message_count > 1 && !before.has(conversation.id)) this.#wonder(conversation.id)
    for (const [name, view] of this.state.views) if (view.stale) this.#refreshSoon(name, DOUBT_FOR)
    for (const event of events) if (event.bell?.loud) this.rings(event)
    for (const { name, sweep } of events) if (sweep && name === "sweep.changed") this.swept(sweep)
  }

  /** How far something is that one does with a whole list. */
  swept: (sweep: Sweep) => void = () => undefined

  /** Something asks to be heard or seen beside the page; a browser does it. */
  rings: (event: FeedEvent) => void = () => undefined

  restarted(seq: number, anew: boolean): void {
    this.#round++
    this.#paging.clear()
    const base = anew && this.state.seq > 0 ? snapshot.forgotten(this.state) : this.state
    this.#set({ ...base, seq, journal: [] })
    void this.reloadAll()
  }

  /** Everything that is open, from the doors. */
  async reloadAll(): Promise<void> {
    await Promise.all([
      this.loadPeople(),
      this.loadCounts(),
      this.loadKept(),
      ...[...this.state.people.keys()].map((id) => this.reloadPerson(id)),
      this.loadBell(),
      ...[...this.state.threads.keys()].map((id) => this.reloadThread(id)),
      ...[...this.state.views.keys()].map((name) => this.reloadView(name)),
    ])
  }

  counted(counts: Record<string, number>, asOf: number): void {
    this.#set(counted(this.state, counts, asOf))
  }

  seen(conversation: Id, people: Viewer[]): void {
    this.#set(seen(this.state, conversation, people, this.#around.now()))
  }

  changed(connection: Connection, retryAt: number | null): void {
    this.connection = connection
    this.retryAt = retryAt
    // Who came and went in a gap is not told afterwards.
    if (connection === "connecting" && this.state.presence.size > 0) this.state = { ...this.state, presence: new Map() }
    this.#told()
  }

  /** A conversation came in by the feed: whether we have read it stands only with the server. */
  #wonder(id: Id): void {
    if (this.#wondering.size >= MOST_WONDERING || this.state.reads.has(id)) return
    this.#wondering.add(id)
    this.#callOffWonder ??= this.#around.after(WONDER_AFTER, () => {
      this.#callOffWonder = null
      const ids = [...this.#wondering].filter((one) => this.state.conversations.has(one) && !this.state.reads.has(one))
      this.#wondering.clear()
      for (const one of ids)
        void this.#load(
          `read ${one}`,
          () => this.api.conversation(one),
          (thread) => snapshot.withRead(this.state, thread.read, thread.as_of),
        )
    })
  }

  #refreshSoon(name: string, within: number): void {
    if (this.#refreshing.has(name)) return
    this.#refreshing.set(
      name,
      this.#around.after(within, () => {
        this.#refreshing.delete(name)
        void this.#reload(name)
      }),
    )
  }

  async #reload(name: string): Promise<void> {
    if (name === "people") await this.loadPeople()
    else if (name === "counts") await this.loadCounts()
    else if (name === "kept") await this.loadKept()
    else if (this.state.people.has(name)) await this.reloadPerson(name)
    else if (name === "bell") await this.loadBell()
    else if (this.state.threads.has(name)) await this.reloadThread(name)
    else if (this.state.views.has(name)) await this.reloadView(name)
  }

  #set(state: State): void {
    if (state === this.state) return
    this.state = state
    this.#told()
  }
}

async function everyPage<T>(ask: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await ask(cursor)
    all.push(...page.items)
    cursor = page.next
  } while (cursor)
  return all
}
