/** What goes over the wire, as inbox/realtime/shapes.py writes it. Times are ISO 8601 in UTC. */

import type { Rule } from "./rules.ts"

export type Id = string
export type Time = string

export type Kind = "dm" | "comment" | "mention" | "review"
export type Status = "open" | "pending" | "snoozed" | "resolved"
export type Visibility = "public" | "private" | "note"
export type Action = "reply" | "private_reply" | "dm" | "hide" | "unhide" | "like" | "unlike" | "delete"
export type Role = "admin" | "supervisor" | "agent" | "read_only"
export type Right = "read" | "answer" | "publish" | "triage" | "moderate" | "approve" | "stop" | "share" | "watch" | "goals" | "everywhere" | "settings" | "people" | "channels" | "privacy" | "audit"

export interface Person {
  identity_id: Id | null
  name: string
  handle: string
  avatar_url: string
  platform: string
}

export interface Post {
  id: Id
  external_id: string
  text: string
  permalink: string
  picture_url: string
  at: Time | null
}

/** A post with who waits below it. `conversations`: to 1000, which means "or more". */
export interface PostRow {
  post: Post
  channel_id: Id
  platform: string
  waiting: number
  people: number
  waiting_since: Time | null
  conversations: number
}

export interface Conversation {
  id: Id
  version: number
  channel_id: Id
  platform: string
  kind: Kind
  status: Status
  priority: number
  person: Person
  participants: number
  post: Post | null
  preview: string
  preview_by: "customer" | "us" | "note"
  message_count: number
  created_at: Time
  last_message_at: Time
  last_inbound_at: Time | null
  waiting_since: Time | null
  waiting_count: number
  due_at: Time | null // when the first promise to those who wait ends
  due_for: "" | "answer" | "resolution" // what it is about
  risk: 0 | 1 | 2 // of one of them: 1 three quarters are used up, 2 all of it
  imported: boolean
  is_spam?: boolean
  held: number
  assignee_id: Id | null
  team_id: Id | null
  tags: string[]
  snoozed_until: Time | null
  resolved_at: Time | null
  reply_window_until: Time | null
  linked_id: Id | null
  permalink: string
}

/** One act on every conversation of a list. */
export interface SweepAct {
  do: "assign" | "team" | "tag" | "untag" | "priority" | "snooze" | "resolve"
  to?: Id | null
  tag?: string
  priority?: number
  until?: Time
  close_unanswered?: boolean
}

/** `passed`: were so already; `refused`: how many, by why; `kept`: changed by others since, so not taken back. */
export interface Sweep {
  id: Id
  version: number
  user_id: Id
  act: SweepAct
  state: "running" | "done" | "undoing" | "undone"
  total: number
  changed: number
  passed: number
  refused: Record<string, number>
  undone: number
  kept: number
  created_at: Time
}

export type DeliveryState = "awaiting_approval" | "rejected" | "queued" | "sending" | "sent" | "failed" | "unknown" | "needs_decision" | "cancelled"

export interface Delivery {
  state: DeliveryState
  due_at: Time | null
  scheduled?: boolean
  reason: string
  error: string
  delivered_at: Time | null
  read_at: Time | null
}

/** Empty fields of an attachment are left out on the wire. */
export interface Attachment {
  type: string
  url?: string
  name?: string
  mime?: string
  external_id?: string
}

/** A colleague whom a note names, and how its text calls them. */
export interface Mention {
  user_id: Id
  name: string
}

export interface Message {
  id: Id
  version: number
  conversation_id: Id
  direction: "in" | "out"
  visibility: Visibility
  kind: string
  author: Person | null
  agent_id: Id | null
  written_elsewhere: "" | "person" | "automatic"
  text: string
  attachments: Attachment[]
  at: Time
  received_at: Time
  edited_at: Time | null
  deleted_at: Time | null
  deleted_by: string
  hidden: boolean
  held: boolean
  liked: boolean
  rating: number | null
  reply_refused: string
  purged: boolean
  erased: boolean
  needs_reply: boolean
  needs_reply_reason: string
  answered: boolean
  before_connection: boolean
  parent_id: Id | null
  permalink: string
  delivery: Delivery | null
  answers: Id[]
  mentions: Mention[]
  template: string
  revisions: number
  unsupported: string
}

export interface Activity {
  id: Id
  conversation_id: Id
  at: Time
  by: Id | null
  verb: string
  data: Record<string, string>
}

export interface Read {
  conversation_id: Id
  at: Time | null
}

export interface Channel {
  id: Id
  version: number
  platform: string
  external_id: string
  name: string
  handle: string
  state: "connected" | "signed_out" | "disabled"
  state_reason: string
  last_heard_at: Time | null
  connected_at: Time
  outbound_stopped: boolean
  deaf_since: Time | null
  trouble: string
}

export interface Member {
  id: Id
  version: number
  name: string
  email: string
  role: Role // of a role of the workspace's own: the nearest of the house's
  role_id?: Id | null
  role_name?: string
  rights?: Right[]
  active: boolean
  capacity?: number | null
  away_since?: Time | null
  away_until?: Time | null
  asks_first?: boolean // what they write waits for a colleague's approval
}

/** Who answers together. `stuck`: why what waits is handed to nobody. `removed`: it was deleted. */
export interface Team {
  id: Id
  version: number
  name: string
  member_ids: Id[]
  channel_ids: Id[]
  hand_out: "off" | "round_robin" | "least_loaded"
  absent_minutes: number
  return_minutes: number
  stuck: string
  removed?: boolean
}

/** A text kept to be written again. `removed`: it was deleted. */
export interface SavedReply {
  id: Id
  version: number
  title: string
  shortcut: string
  text: string
  shared: boolean
  platforms: string[]
  channel_ids: Id[]
  uses: number
  used_at: Time | null
  updated_at: Time
  removed?: boolean
}

/** Several acts kept as one; its text is put into the composer. `removed`: it was deleted. */
export interface Macro {
  id: Id
  version: number
  title: string
  shared: boolean
  text: string
  tags_on: string[]
  tags_off: string[]
  assign: string
  assignee_id: Id | null
  team_id: Id | null
  priority: number | null
  status: string
  snooze_minutes: number
  removed?: boolean
}

export type NotificationKind = "assigned" | "mentioned" | "wrote_again" | "send_failed" | "rejected" | "approved" | "to_approve" | "at_risk" | "unassigned_at_risk" | "breached" | "any_breached" | "snooze_over" | "spike" | "goal" | "channel_down" | "rule" | "rule_stopped" | "webhook_off"
export type Medium = "in_app" | "desktop" | "push" | "sound" | "email"

export interface Notification {
  id: Id
  version: number
  kind: NotificationKind
  at: Time
  count: number
  conversation_id: Id | null
  channel_id: Id | null
  message_id: Id | null
  by: Id | null
  read_at: Time | null
  promise: "" | "answer" | "resolution" // which is at risk, or broken
  in_app: boolean
}

/** News for one's own bell. */
export interface BellNews {
  unread: number
  notification?: Notification | null
  loud?: ("desktop" | "sound")[]
  read_until?: Time | null
  read_in?: Id | null
}

export interface NotificationPage {
  items: Notification[]
  conversations: Conversation[]
  unread: number
  as_of: number
  next: string | null
}

/** A list narrowed in some way, under a name. `shared`: everybody's; `filtering`: as the server keeps it. */
export interface SavedView {
  id: Id
  version: number
  name: string
  shared: boolean
  view: string
  filtering: Record<string, unknown>
  position: number
  removed?: boolean
}

/** Rows an event did not change are left out on the wire. */
export interface FeedEvent {
  seq: number
  name: string
  at: Time
  by?: Id | null
  conversation?: Conversation | null
  message?: Message | null
  activity?: Activity | null
  read?: Read | null
  channel?: Channel | null
  member?: Member | null
  saved_reply?: SavedReply | null
  macro?: Macro | null
  rule?: Rule | null
  team?: Team | null
  saved_view?: SavedView | null
  contact?: { contact_ids: Id[] } | null // something about this person changed
  sweep?: Sweep | null
  bell?: BellNews | null
  forget?: Id | null
}

export type Counts = Record<string, number>

export interface Viewer {
  user_id: Id
  state: "viewing" | "idle" | "typing"
}

export type ServerFrame =
  | { type: "hello"; epoch: string; head: number; min_seq: number; access: number; user_id: Id }
  | { type: "started"; seq: number }
  | { type: "events"; seq: number; prev: number; events: FeedEvent[] }
  | { type: "resync"; reason: string }
  | { type: "counts"; counts: Counts; as_of: number }
  | { type: "beat"; head: number }
  | { type: "presence"; conversation_id: Id; people: Viewer[] }
  | { type: "signed_out" }
  | { type: "pong" }

export type ClientFrame =
  | { type: "start" }
  | { type: "resume"; epoch: string; last: number }
  | { type: "watch"; conversation_id: Id | null }
  | { type: "typing"; conversation_id: Id; on: boolean; visibility: Visibility }
  | { type: "idle"; conversation_id: Id; on: boolean }
  | { type: "ping" }

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface ConversationPage extends Page<Conversation> {
  reads: Read[]
  as_of: number
}

export interface Waiting {
  person: Person
  since: Time
  item_id: Id
}

export interface Thread {
  conversation: Conversation
  messages: Message[]
  activities: Activity[]
  older: string | null
  read: Read
  as_of: number
  waiting: Waiting[]
  linked: Conversation | null
}

export interface OlderMessages extends Page<Message> {
  activities: Activity[]
}

export interface Session {
  csrf: string
  user: { id: Id; name: string; email: string }
  workspace: { id: Id; name: string; is_demo: boolean; time_zone: string }
  role: Role
  rights: Right[]
  epoch: string
  undo_seconds: number
  must_enrol: boolean
}
