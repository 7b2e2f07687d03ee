/** Everything the page knows, as plain values. Only the reducer makes a new one. */

import type { Person } from "../api/contacts.ts"
import type { Rule } from "../api/rules.ts"
import type {
  Activity,
  Channel,
  Conversation,
  Counts,
  FeedEvent,
  Id,
  Macro,
  Member,
  Message,
  Read,
  SavedReply,
  SavedView,
  Team,
  Viewer,
  Waiting,
} from "../api/shapes.ts"
import { type Bell, silent } from "./bell.ts"
import { Rows } from "./rows.ts"
import type { Filter, Key } from "./views.ts"

/** One open list. `ids` is the truth; `settled` is what stands on the screen while `held`. */
export interface View {
  filter: Filter
  ids: readonly Id[]
  settled: readonly Id[]
  arrived: ReadonlySet<Id>
  left: ReadonlySet<Id>
  held: boolean
  loaded: boolean
  next: string | null // the cursor of what lies below `edge`
  edge: Key | null // rows below it were never loaded; null: everything is here
  stale: boolean // only the server can say what belongs here now
}

/** One open conversation. Its messages stand in the order they were written. */
export interface Thread {
  loaded: boolean
  ids: readonly Id[]
  activities: readonly Activity[]
  older: string | null
  waiting: readonly Waiting[] // as of the last load; `waitingIn` brings it up to date
}

export interface Presence {
  people: readonly Viewer[]
  at: number // ms
}

export interface State {
  me: Id
  seq: number
  conversations: Rows<Conversation>
  messages: Rows<Message>
  reads: Rows<Read>
  channels: Rows<Channel>
  members: Rows<Member>
  teams: Rows<Team>
  savedReplies: Rows<SavedReply>
  macros: Rows<Macro>
  rules: Rows<Rule> // as far as the feed told of them, or somebody asked
  savedViews: Rows<SavedView>
  hasKept: boolean // what is kept ready is known
  views: ReadonlyMap<string, View>
  threads: ReadonlyMap<Id, Thread>
  people: ReadonlyMap<Id, Person | null> // open ones, by the account or the contact they were opened with
  counts: Counts
  countsAsOf: number
  presence: ReadonlyMap<Id, Presence>
  bell: Bell
  loads: number // answers under way
  journal: readonly FeedEvent[] // what was heard meanwhile: an answer may be older than it
}

export function emptyState(me: Id): State {
  return {
    me,
    seq: 0,
    conversations: new Rows(),
    messages: new Rows(),
    reads: new Rows(),
    channels: new Rows(),
    members: new Rows(),
    teams: new Rows(),
    savedReplies: new Rows(),
    macros: new Rows(),
    rules: new Rows(),
    savedViews: new Rows(),
    hasKept: false,
    views: new Map(),
    threads: new Map(),
    people: new Map(),
    counts: {},
    countsAsOf: -1,
    presence: new Map(),
    bell: silent,
    loads: 0,
    journal: [],
  }
}
