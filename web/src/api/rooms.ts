/** Shapes of the rooms behind the inbox: platforms, people, tokens, the ledger. */

import type { Action, Channel, Conversation, Id, Kind, Medium, NotificationKind, Person, Read, Right, Role, Session, Time, Visibility } from "./shapes.ts"

export interface Capabilities {
  hears: string[]
  kinds: Kind[]
  actions: Partial<Record<Kind, Action[]>>
  text_limits: Partial<Record<Action, number>>
  text_unit: "characters" | "graphemes" | "bytes"
  window_hours: Partial<Record<Action, number>>
  window_note: string
  attachments_out: string[]
  limits: string[]
  edits_in: boolean
  deletes_in: boolean
  needs_public_address: boolean
  signals?: Partial<Record<Kind, string[]>>
  allowance?: { unit: string; setting: string; period: "day" | "month"; note: string } | null
  retention?: { note: string }
  matching_note?: string
  back_fill_days?: number
  templates?: boolean
}

/** A message the platform has approved beforehand. `parameters`: the gaps {{1}}, {{2}} of its body. */
export interface Template {
  name: string
  language: string
  body: string
  parameters: string[]
}

/** One step of connecting a real account. `seen` null: nobody can see it, a person ticks it. */
export interface Step {
  title: string
  text: string
  url: string
  seen: string | null
  done: boolean
  at: Time | null
}

/** Connecting by signing in at the platform: what must be known before. */
export interface SigningIn {
  fields: Field[]
  scopes: string[]
  redirect_uri: string
}

/** Somebody came back from a platform, and may choose. */
export interface SignedInThere {
  id: Id
  platform: string
  accounts: { external_id: string; name: string; handle: string; connected: boolean }[]
}

export interface Field {
  name: string
  title: string
  secret?: boolean
  help?: string
  default?: string
  optional?: boolean
}

export interface Platform {
  name: string
  title: string
  icon: string
  capabilities: Capabilities
  fields: Field[]
  idempotency: boolean
  correlation: boolean
  lookup: "strong" | "weak" | "none"
  steps: Step[]
  signing_in: SigningIn | null
  counts_itself: boolean
}

export interface ChannelDetail extends Channel {
  settings: Record<string, unknown>
  mission: string
  owner_id: Id | null
  hears: string[]
  callback_url: string | null
  verify_token: string | null
  missing: string[]
  steps: Step[]
  health: Health | null
}

/** How a channel is doing. Lags in seconds. */
export interface Health {
  heard_at: Time | null
  looked_at: Time | null
  next_look_at: Time | null
  trouble: string
  trouble_since: Time | null
  lag_p50: number | null
  lag_p95: number | null
  lag_of: number
  expires_at: Time | null
  renews_itself: boolean
  checked_at: Time | null
  listening: boolean | null
  parked: number
  quarantined: number
  told: number | null
  held: number | null
  compared_at: Time | null
  platform_count: number | null
  spending: { unit: string; period: "day" | "month"; spent: number; limit: number | null; reserve: number; resets_at: Time; note: string } | null
  keeping: string
}

/** One browser in which one is signed in. */
export interface Browser {
  id: Id
  created_at: Time
  seen_at: Time
  address: string
  browser: string
  current: boolean
}

/** One's own second step of signing in. */
export interface OwnStep {
  on_at: Time | null
  codes_left: number
  required: boolean
}

/** What an authenticator is told: as text, and as the dark modules of a square. */
export interface Enrolment {
  secret: string
  uri: string
  picture: { size: number; path: string }
}

export interface Enrolled {
  session: Session
  recovery_codes: string[]
}

/** Who works here and has a second step. */
export interface SecondSteps {
  required: boolean
  lacking: number
  items: { member_id: Id; name: string; on_at: Time | null }[]
  next: Id | null
}

export interface Draft {
  visibility: Visibility
  text: string
  reply_to: Id | null
}

/** What there is to give, the roles that every workspace has, and those it made for itself. */
export interface Roles {
  rights: { key: Right; needs: Right[] }[]
  house: { role: Role; rights: Right[] }[]
  items: OwnRole[]
}

/** `like`: the nearest of the house's roles. */
export interface OwnRole {
  id: Id
  name: string
  rights: Right[]
  like: Role
  version: number
  members: number
  invitations: number
  tokens: number
}

/** One of the house's roles, or one of the workspace's own. */
export type RoleChoice = { role: Role } | { role_id: Id }

export interface Invitation {
  id: Id
  email: string
  role: string
  role_id?: Id | null
  url?: string
  expires_at?: Time
}

export interface ApiToken {
  id: Id
  name: string
  role?: string
  role_id?: Id | null
  agent_id?: Id | null
  created_at?: Time
  last_used_at?: Time | null
  token?: string
}

export interface Workspace {
  id: Id
  name: string
  time_zone: string
  outbound_stopped: boolean
  undo_seconds: number
  claims: boolean
}

export interface LedgerLine {
  at: Time | null
  text: string
}

export interface Episode {
  id: Id
  person?: string
  kind?: string
  state?: string
  opened_at?: Time
  closed_at?: Time | null
  customer_waited?: number | null
  lines: LedgerLine[]
  resolution?: LedgerLine[] // what it means for the resolution of its case, where one was promised
}

/** One line of the audit log. `token_name`: the program that did it. */
export interface AuditLine {
  id: Id
  at: Time
  by: Id | null
  token_id: Id | null
  token_name: string
  verb: string
  conversation_id: Id | null
  message_id: Id | null
  person: string
  data: Record<string, string>
}

/** How one wants to be told. `email`: where mail goes, "" where none is sent. */
export interface NotificationSettings {
  choices: { kind: NotificationKind; media: Medium[]; default: Medium[]; always: Medium | null }[]
  quiet_from: string | null
  quiet_until: string | null
  time_zone: string
  email: string
  push_says: boolean // what reaches one's devices may name customers and quote them
}

/** A browser of one's own that is told while no page is open. `trouble`: why the last one was not taken. */
export interface PushDevice {
  id: Id
  browser: string
  host: string
  current: boolean
  trouble: string
  status: number | null
  taken_at: Time | null
  created_at: Time
}

export interface NotificationChange {
  choices?: Partial<Record<NotificationKind, Medium[]>>
  quiet?: { start: string; end: string } | null
  time_zone?: string
  push_says?: boolean
}

/** Some of a text; `hit`: this was looked for. */
export interface Piece {
  text: string
  hit?: boolean
}

/** A conversation with the message of it that fits a search best, and how many more do. */
export interface Hit {
  conversation: Conversation
  message_id: Id
  at: Time
  direction: "in" | "out"
  visibility: Visibility
  author: Person | null
  agent_id: Id | null
  line: Piece[]
  more: number
}

/** `back_to`: how far back was looked; null: to the beginning. */
export interface SearchPage {
  items: Hit[]
  people: Person[]
  reads: Read[]
  next: string | null
  back_to: Time | null
}
