/** The doors, as functions. The only place that fetches; knows nothing of the page. */

import type { Contact, ContactField, Note, Value } from "./contacts.ts"
import type { TwinsOfContact } from "./twins.ts"
import type { AddedHours, Goal, GoalReading, GoalWording, WhatIf } from "./goals.ts"
import type { CheckTurn, NeedsReplyReport } from "./checks.ts"
import type { Learnt, ReportQuery, ResolutionsPage, ResolutionsQuery, Targets, WaitingReport, WaitingsPage, WaitingsQuery } from "./reports.ts"
import type { Look, Rule, Sample, Vocabulary, Wording } from "./rules.ts"
import type { Calendar, Languages, Policies, PolicyTrial, WantedHours, WantedPolicy } from "./sla.ts"
import type { Board, WallLink } from "./wallboard.ts"
import type { Delivery, DeliveryLog, Webhook, Webhooks } from "./webhooks.ts"
import type {
  Channel,
  Conversation,
  ConversationPage,
  Counts,
  Id,
  Macro,
  Member,
  BellNews,
  Message,
  NotificationPage,
  OlderMessages,
  Page,
  PostRow,
  Read,
  Role,
  SavedReply,
  SavedView,
  Sweep,
  SweepAct,
  Team,
  Session,
  Thread,
  Visibility,
} from "./shapes.ts"
import type { ApiToken, AuditLine, Browser, ChannelDetail, Draft, Enrolled, Enrolment, Episode, Invitation, NotificationChange, NotificationSettings, OwnRole, OwnStep, Platform, PushDevice, RoleChoice, Roles, SearchPage, SecondSteps, SignedInThere, Template, Workspace } from "./rooms.ts"

/** A refusal in the server's own words. `detail` is for the agent, `code` for programs. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly extra: Record<string, unknown>

  constructor(status: number, code: string, detail: string, extra: Record<string, unknown> = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.extra = extra
  }
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

export interface Listing {
  view: string
  channel?: Id
  team?: Id
  kind?: string
  q?: string
  tag?: readonly string[]
}

/** A list, as one asks for it. */
export interface Listed {
  view: string
  filtering: Record<string, unknown>
}

export interface Writing {
  visibility: Visibility
  text: string
  reply_to: Id | null
  answers: Id[]
  seen: Id | null
  template?: { name: string; language: string; parameters: readonly string[] } // instead of a text
  send_at?: string // not now
  for_approval?: boolean // a colleague is to read it first
  mentions?: readonly Id[] // colleagues whom a note names
  saved_replies?: readonly Id[] // what the text was made from
  and_resolve?: boolean
  anyway?: boolean
}

/** What became of those who still wait. */
export interface Unanswered {
  unanswered: "no_reply_needed" | "answered_elsewhere" | "close_unanswered"
  reply?: Id // our message that answered them after all
  why?: "by_phone" | "by_somebody_else"
}

const PATIENCE = 20_000

export class Api {
  csrf = ""
  skew = 0 // ms by which the server's clock is ahead of ours, to a second
  readonly #base: string
  readonly #fetch: Fetch
  readonly #headers: Record<string, string>

  constructor(fetch: Fetch, base = "", headers: Record<string, string> = {}) {
    this.#fetch = fetch
    this.#base = base
    this.#headers = headers
  }

  // Who is there

  async session(): Promise<Session> {
    return this.#entered(await this.#get<Session>("/session"))
  }

  /** Null: the password was right, and a code is awaited. */
  async signIn(email: string, password: string): Promise<Session | null> {
    return this.#halfWay(await this.#send<Session | { awaits: string }>("POST", "/session", { email, password }))
  }

  async giveCode(code: string): Promise<Session> {
    return this.#entered(await this.#send<Session>("POST", "/session/code", { code }))
  }

  async acceptInvitation(token: string, name: string, password: string): Promise<Session | null> {
    return this.#halfWay(
      await this.#send<Session | { awaits: string }>("POST", "/invitations/acceptance", { token, name, password }),
    )
  }

  secondStep = (): Promise<OwnStep> => this.#get("/session/second-step")

  beginSecondStep = (password: string): Promise<Enrolment> => this.#send("POST", "/session/second-step", { password })

  async confirmSecondStep(code: string): Promise<Enrolled> {
    return this.#enrolled(await this.#send<Enrolled>("POST", "/session/second-step/confirmation", { code }))
  }

  async renewRecoveryCodes(password: string, code: string): Promise<Enrolled> {
    return this.#enrolled(await this.#send<Enrolled>("POST", "/session/second-step/recovery-codes", { password, code }))
  }

  async removeSecondStep(password: string, code: string): Promise<Session> {
    return this.#entered(await this.#send<Session>("POST", "/session/second-step/removal", { password, code }))
  }

  secondSteps = (cursor: Id | null): Promise<SecondSteps> => this.#get("/second-steps", { cursor })

  requireSecondStep = (required: boolean): Promise<SecondSteps> => this.#send("PUT", "/second-steps/requirement", { required })

  resetSecondStep = (member: Id): Promise<void> => this.#send("DELETE", `/second-steps/${member}`)

  async changePassword(current: string, password: string): Promise<Session> {
    return this.#entered(await this.#send<Session>("PUT", "/session/password", { current, password }))
  }

  browsers = (): Promise<Page<Browser>> => this.#get("/sessions")

  signOutBrowser = (id: Id): Promise<void> => this.#send("DELETE", `/sessions/${id}`)

  signOutOthers = (): Promise<void> => this.#send("DELETE", "/sessions")

  signOut = (): Promise<void> => this.#send("DELETE", "/session")

  // Reading

  async counts(): Promise<{ as_of: number; saved: Counts } & Omit<Counts, "as_of" | "saved">> {
    const { by_team, ...counts } = await this.#get<{ by_team?: Counts } & Awaited<ReturnType<Api["counts"]>>>("/views/counts")
    for (const [team, n] of Object.entries(by_team ?? {})) (counts as Counts)[`team:${team}`] = n
    return counts as Awaited<ReturnType<Api["counts"]>>
  }

  conversations = (listing: Listing, cursor?: string | null, limit = 100): Promise<ConversationPage> =>
    this.#get("/conversations", { ...listing, cursor, limit })

  conversation = (id: Id): Promise<Thread> => this.#get(`/conversations/${id}`)

  olderMessages = (id: Id, cursor: string): Promise<OlderMessages> =>
    this.#get(`/conversations/${id}/messages`, { cursor })

  ledger = (id: Id): Promise<Page<Episode>> => this.#get(`/conversations/${id}/ledger`)

  tags = (): Promise<Page<string | { name: string }>> => this.#get("/tags")

  search = (q: string, zone: string, cursor: string | null): Promise<SearchPage> => this.#get("/search", { q, zone, cursor })

  // Writing

  write = (id: Id, writing: Writing, key: string): Promise<Message> =>
    this.#send("POST", `/conversations/${id}/messages`, writing, { "Idempotency-Key": key })

  cancel = (message: Id): Promise<Message> => this.#send("DELETE", `/messages/${message}`)

  retry = (message: Id): Promise<Message> => this.#send("POST", `/messages/${message}/retry`, {})

  posts = (cursor: string | null): Promise<Page<PostRow>> => this.#get("/posts", { cursor })

  whatIf = (goal: Id, slots: AddedHours[]): Promise<WhatIf> => this.#send("POST", `/goals/${goal}/what-if`, { slots })

  setSpam = (conversation: Id, on: boolean): Promise<Conversation> =>
    this.#send(on ? "PUT" : "DELETE", `/conversations/${conversation}/spam`, on ? {} : undefined)

  setBlocked = (contact: Id, on: boolean): Promise<Contact> =>
    this.#send(on ? "PUT" : "DELETE", `/contacts/${contact}/block`, on ? {} : undefined)

  countries = (): Promise<{ code: string; parts: string[] }[]> => this.#get("/holidays")

  readIcal = (text: string, year: number): Promise<{ days: { day: string; name: string }[]; passed_over: number }> =>
    this.#send("POST", "/holidays/reading", { text, year })

  holidays = (country: string, part: string, year: number, language: string): Promise<{ day: string; name: string }[]> =>
    this.#get(`/holidays/${country}`, { part, year: String(year), language })

  matching = (list: Listed): Promise<{ n: number; most: number }> => this.#send("POST", "/sweeps/matching", list)

  sweep = (list: Listed, act: SweepAct): Promise<Sweep> => this.#send("POST", "/sweeps", { ...list, act })

  unsweep = (sweep: Id): Promise<Sweep> => this.#send("POST", `/sweeps/${sweep}/undoing`, {})

  /** `seen`: how far in the feed the page is. */
  approve = (message: Id, seen: number): Promise<Message> => this.#send("POST", `/messages/${message}/approval`, { seen })

  reject = (message: Id, reason: string): Promise<Message> => this.#send("POST", `/messages/${message}/rejection`, { reason })

  decide = (message: Id, decision: { it_is_there: true } | { post_again: true }): Promise<Message> =>
    this.#send("POST", `/messages/${message}/decision`, decision)

  setHidden = (message: Id, on: boolean): Promise<Message> =>
    this.#send(on ? "PUT" : "DELETE", `/messages/${message}/hiding`)

  setLiked = (message: Id, on: boolean): Promise<Message> =>
    this.#send(on ? "PUT" : "DELETE", `/messages/${message}/like`)

  remove = (message: Id): Promise<Message> => this.#send("POST", `/messages/${message}/removal`, {})

  setNeedsReply = (message: Id, needs_reply: boolean, reason: string): Promise<Message> =>
    this.#send("PUT", `/messages/${message}/needs-reply`, { needs_reply, reason })

  setAuthorship = (message: Id, automatic: boolean): Promise<Message> =>
    this.#send("PUT", `/messages/${message}/authorship`, { automatic })

  cover = (message: Id, answers: Id[]): Promise<Message> =>
    this.#send("POST", `/messages/${message}/coverage`, { answers })

  // The conversation as a whole

  resolve = (id: Id, unanswered?: Unanswered): Promise<Conversation> =>
    this.#send("POST", `/conversations/${id}/resolution`, unanswered ?? {})

  reopen = (id: Id): Promise<Conversation> => this.#send("DELETE", `/conversations/${id}/resolution`)

  assign = (id: Id, assignee_id: Id | null): Promise<Conversation> =>
    this.#send("PUT", `/conversations/${id}/assignment`, { assignee_id })

  entrust = (id: Id, team_id: Id | null): Promise<Conversation> =>
    this.#send("PUT", `/conversations/${id}/assignment`, { team_id })

  /** Both at once: to take an act back. */
  putBack = (id: Id, team_id: Id | null, assignee_id: Id | null): Promise<Conversation> =>
    this.#send("PUT", `/conversations/${id}/assignment`, { team_id, assignee_id })

  snooze = (id: Id, until: string): Promise<Conversation> =>
    this.#send("PUT", `/conversations/${id}/snooze`, { until })

  wake = (id: Id): Promise<Conversation> => this.#send("DELETE", `/conversations/${id}/snooze`)

  setTag = (id: Id, tag: string, on: boolean): Promise<Conversation> =>
    this.#send(on ? "PUT" : "DELETE", `/conversations/${id}/tags/${encodeURIComponent(tag)}`)

  setPriority = (id: Id, priority: number): Promise<Conversation> =>
    this.#send("PUT", `/conversations/${id}/priority`, { priority })

  read = (id: Id, at: string): Promise<Read> => this.#send("PUT", `/conversations/${id}/read`, { at })

  unread = (id: Id): Promise<Read> => this.#send("DELETE", `/conversations/${id}/read`)

  /** Asks the platform again for words that were let go. */
  refetch = (id: Id): Promise<{ messages: Message[]; left: number; why: string }> =>
    this.#send("POST", `/conversations/${id}/refetch`, {})

  // People

  contacts = (q: string, cursor: string | null = null): Promise<Page<Contact>> => this.#get("/contacts", { q, cursor })

  contact = (id: Id): Promise<Contact> => this.#get(`/contacts/${id}`)

  contactOf = (identity: Id): Promise<Contact> => this.#get(`/identities/${identity}/contact`)

  merge = (kept: Id, contact_id: Id, anyway = false): Promise<Contact> =>
    this.#send("POST", `/contacts/${kept}/merges`, { contact_id, anyway })

  twins = (contact: Id): Promise<TwinsOfContact> => this.#get(`/contacts/${contact}/twins`)

  split = (contact: Id, merge: Id): Promise<void> => this.#send("DELETE", `/contacts/${contact}/merges/${merge}`)

  contactNotes = (contact: Id, cursor: string | null = null): Promise<Page<Note>> =>
    this.#get(`/contacts/${contact}/notes`, { cursor })

  keepNote = (contact: Id, note: Id | null, text: string): Promise<Note> =>
    note
      ? this.#send("PATCH", `/contacts/${contact}/notes/${note}`, { text })
      : this.#send("POST", `/contacts/${contact}/notes`, { text })

  dropNote = (contact: Id, note: Id): Promise<void> => this.#send("DELETE", `/contacts/${contact}/notes/${note}`)

  contactThreads = (contact: Id, cursor: string | null = null): Promise<Page<Conversation>> =>
    this.#get(`/contacts/${contact}/conversations`, { cursor })

  setContactTag = (contact: Id, tag: string, on: boolean): Promise<Contact> =>
    this.#send(on ? "PUT" : "DELETE", `/contacts/${contact}/tags/${encodeURIComponent(tag)}`)

  fillIn = (contact: Id, field: Id, value: Value | null): Promise<Contact> =>
    this.#send("PUT", `/contacts/${contact}/fields/${field}`, { value })

  contactFields = (): Promise<Page<ContactField>> => this.#get("/contact-fields")

  keepField = (id: Id | null, field: Partial<ContactField>): Promise<ContactField> =>
    id ? this.#send("PATCH", `/contact-fields/${id}`, field) : this.#send("POST", "/contact-fields", field)

  dropField = (id: Id): Promise<void> => this.#send("DELETE", `/contact-fields/${id}`)

  erase = (contact: Id): Promise<{ messages: number }> => this.#send("POST", `/contacts/${contact}/erasure`, {})

  /** Everybody else who may see it. */
  colleagues = (id: Id): Promise<Page<{ id: Id; name: string; role: Role }>> => this.#get(`/conversations/${id}/colleagues`)

  draft = (id: Id): Promise<Draft | null> => this.#get(`/conversations/${id}/draft`)

  keepDraft = (id: Id, draft: Draft): Promise<void> => this.#send("PUT", `/conversations/${id}/draft`, draft)

  dropDraft = (id: Id): Promise<void> => this.#send("DELETE", `/conversations/${id}/draft`)

  // What is kept ready

  savedReplies = (cursor: string | null): Promise<Page<SavedReply>> => this.#get("/saved-replies", { cursor })

  saveReply = (id: Id | null, reply: Partial<SavedReply>): Promise<SavedReply> =>
    id ? this.#send("PATCH", `/saved-replies/${id}`, reply) : this.#send("POST", "/saved-replies", reply)

  removeSavedReply = (id: Id): Promise<void> => this.#send("DELETE", `/saved-replies/${id}`)

  macros = (cursor: string | null): Promise<Page<Macro>> => this.#get("/macros", { cursor })

  keepMacro = (id: Id | null, macro: Partial<Macro>): Promise<Macro> =>
    id ? this.#send("PUT", `/macros/${id}`, macro) : this.#send("POST", "/macros", macro)

  removeMacro = (id: Id): Promise<void> => this.#send("DELETE", `/macros/${id}`)

  runMacro = (id: Id, macro_id: Id, unanswered?: Unanswered): Promise<Conversation> =>
    this.#send("POST", `/conversations/${id}/macro-runs`, { macro_id, ...unanswered })

  // What happens by itself

  rules = (): Promise<Page<Rule>> => this.#get("/rules")

  ruleVocabulary = (): Promise<Vocabulary> => this.#get("/rules/vocabulary")

  keepRule = (id: Id | null, rule: Wording): Promise<Rule> =>
    id ? this.#send("PUT", `/rules/${id}`, rule) : this.#send("POST", "/rules", rule)

  removeRule = (id: Id): Promise<void> => this.#send("DELETE", `/rules/${id}`)

  orderRules = (ids: readonly Id[]): Promise<Page<Rule>> => this.#send("PUT", "/rules/order", { ids })

  tryRule = (id: Id): Promise<Rule> => this.#send("POST", `/rules/${id}/trials`, {})

  ruleSamples = (id: Id): Promise<Page<Sample>> => this.#get(`/rules/${id}/samples`)

  /** On, after this dry run of it was seen; off without one. */
  switchRule = (id: Id, trial: Id | null): Promise<Rule> =>
    trial ? this.#send("PUT", `/rules/${id}/running`, { trial_id: trial }) : this.#send("DELETE", `/rules/${id}/running`)

  ruleLooks = (conversation: Id): Promise<Page<Look>> => this.#get(`/conversations/${conversation}/rule-looks`)

  /** Signs with their names in English and in Spanish. */
  emoji = async (): Promise<[sign: string, en: string, es: string][]> => {
    const answer = await this.#ask(`${this.#base}/emoji.json`, { signal: AbortSignal.timeout(PATIENCE) })
    if (!answer.ok) throw new Problem(answer.status, "", "")
    return answer.json() as Promise<[string, string, string][]>
  }

  savedViews = (): Promise<Page<SavedView>> => this.#get("/saved-views")

  keepView = (id: Id | null, view: Partial<SavedView>): Promise<SavedView> =>
    id ? this.#send("PATCH", `/saved-views/${id}`, view) : this.#send("POST", "/saved-views", view)

  arrangeViews = (ids: readonly Id[]): Promise<Page<SavedView>> => this.#send("PUT", "/saved-views/order", { ids })

  removeView = (id: Id): Promise<void> => this.#send("DELETE", `/saved-views/${id}`)

  // The numbers

  waitingReport = (asked: ReportQuery): Promise<WaitingReport> => this.#get("/reports/waiting", { ...asked })

  waitings = (asked: WaitingsQuery): Promise<WaitingsPage> => this.#get("/reports/waiting/rows", { ...asked })

  targets = (asked: ReportQuery): Promise<Targets> => this.#get("/reports/targets", { ...asked })

  resolutions = (asked: ResolutionsQuery): Promise<ResolutionsPage> => this.#get("/reports/resolutions/rows", { ...asked })

  resolutionsExport = (asked: ReportQuery): string => `${this.#base}/api/v1/reports/resolutions/export?${new URLSearchParams({ ...asked })}`

  learntSince = (asked: ReportQuery): Promise<Learnt> => this.#get("/reports/waiting/changes", { ...asked })

  needsReplyReport = (first: string): Promise<NeedsReplyReport> => this.#get("/reports/needs-reply", { first })

  needsReplyExport = (first: string): string => `${this.#base}/api/v1/reports/needs-reply/export?first=${first}`

  /** What is before one to be checked, and the next. */
  checks = (): Promise<CheckTurn> => this.#send("POST", "/needs-reply/checks/turns", {})

  check = (id: Id, needed: boolean): Promise<void> => this.#send("PUT", `/needs-reply/checks/${id}`, { needed })

  skipCheck = (id: Id): Promise<void> => this.#send("PUT", `/needs-reply/checks/${id}/skipping`, {})

  undoCheck = (id: Id): Promise<void> => this.#send("DELETE", `/needs-reply/checks/${id}`)

  goals = (): Promise<Goal[]> => this.#get("/goals")

  readGoal = (sentence: string): Promise<GoalReading> => this.#send("POST", "/goals/reading", { sentence })

  keepGoal = (id: Id | null, goal: GoalWording, version?: number): Promise<Goal> =>
    id ? this.#send("PUT", `/goals/${id}?version=${version}`, goal) : this.#send("POST", "/goals", goal)

  removeGoal = (id: Id): Promise<void> => this.#send("DELETE", `/goals/${id}`)

  wallboard = (): Promise<Board> => this.#get("/reports/wallboard")

  wallLinks = (): Promise<WallLink[]> => this.#get("/wall-links")

  makeWallLink = (name: string, channel_ids: Id[] | null): Promise<WallLink> => this.#send("POST", "/wall-links", { name, channel_ids })

  withdrawWallLink = (id: Id): Promise<void> => this.#send("DELETE", `/wall-links/${id}`)

  /** Where a browser fetches the same as a table. */
  waitingsExport = (asked: ReportQuery): string => `${this.#base}/api/v1/reports/waiting/export?${new URLSearchParams({ ...asked })}`

  // What one is told of

  notifications = (cursor?: string | null): Promise<NotificationPage> => this.#get("/notifications", { cursor })

  readNotification = (id: Id): Promise<BellNews> => this.#send("PUT", `/notifications/${id}/read`)

  readNotifications = (until: string, conversation_id: Id | null = null): Promise<BellNews> =>
    this.#send("PUT", "/notifications/read", { until, conversation_id })

  notificationSettings = (): Promise<NotificationSettings> => this.#get("/notification-settings")

  changeNotificationSettings = (change: NotificationChange): Promise<NotificationSettings> =>
    this.#send("PATCH", "/notification-settings", change)

  // Who did what

  audit = (asked: Record<string, string>, cursor: string | null): Promise<Page<AuditLine>> =>
    this.#get("/audit", { ...asked, cursor })

  auditVerbs = (): Promise<string[]> => this.#get("/audit/verbs")

  auditExport = (asked: Record<string, string>): string => `${this.#base}/api/v1/audit/export${query(asked)}`

  // The house

  platforms = (): Promise<Page<Platform> | Platform[]> => this.#get("/platforms")

  measure = (platform: string, action: string, text: string): Promise<{ length: number; limit: number | null }> =>
    this.#send("POST", `/platforms/${platform}/length`, { action, text })

  replay = (): Promise<{ replayed: number }> => this.#send("POST", "/quarantine/replay", {})

  channels = (): Promise<Page<Channel> | Channel[]> => this.#get("/channels", { limit: 200 })

  templates = (channel: Id): Promise<Page<Template>> => this.#get(`/channels/${channel}/templates`)

  channel = (id: Id): Promise<ChannelDetail> => this.#get(`/channels/${id}`)

  connectChannel = (platform: string, fields: Record<string, string>): Promise<ChannelDetail> =>
    this.#send("POST", "/channels", { platform, fields })

  beginSignIn = (platform: string, fields: Record<string, string>): Promise<{ url: string }> =>
    this.#send("POST", "/sign-ins", { platform, fields })

  returnFromSignIn = (state: string, code: string, refusal: string): Promise<SignedInThere> =>
    this.#send("POST", "/sign-ins/return", { state, code, refusal })

  connectChosen = (signIn: Id, external_ids: string[]): Promise<ChannelDetail[]> =>
    this.#send("POST", `/sign-ins/${signIn}/channels`, { external_ids })

  changeChannel = (id: Id, change: Record<string, unknown>): Promise<ChannelDetail> =>
    this.#send("PATCH", `/channels/${id}`, change)

  removeChannel = (id: Id): Promise<void> => this.#send("DELETE", `/channels/${id}`)

  teams = (cursor: string | null): Promise<Page<Team>> => this.#get("/teams", { cursor })

  keepTeam = (id: Id | null, team: Partial<Team>): Promise<Team> =>
    id ? this.#send("PUT", `/teams/${id}`, team) : this.#send("POST", "/teams", team)

  removeTeam = (id: Id): Promise<void> => this.#send("DELETE", `/teams/${id}`)

  calendars = (): Promise<Calendar[]> => this.#get("/calendars")

  keepCalendar = (id: Id | null, hours: WantedHours, version?: number): Promise<Calendar> =>
    id ? this.#send("PUT", `/calendars/${id}?version=${version}`, hours) : this.#send("POST", "/calendars", hours)

  giveHours = (channel: Id, calendar_id: Id | null): Promise<void> => this.#send("PUT", `/channels/${channel}/hours`, { calendar_id })

  removeCalendar = (id: Id): Promise<void> => this.#send("DELETE", `/calendars/${id}`)

  languages = (): Promise<Languages> => this.#get("/languages")

  policies = (): Promise<Policies> => this.#get("/sla")

  keepPolicies = (policies: WantedPolicy[], version: number, includes_waiting: boolean): Promise<Policies> =>
    this.#send("PUT", "/sla", { policies, version, includes_waiting })

  /** What they would change for who waits; nothing is kept. */
  tryPolicies = (policies: WantedPolicy[], version: number): Promise<PolicyTrial> =>
    this.#send("POST", "/sla/trial", { policies, version, includes_waiting: true })

  members = (): Promise<Page<Member> | Member[]> => this.#get("/members", { limit: 200 })

  changeMember = (id: Id, change: Record<string, unknown>): Promise<Member> =>
    this.#send("PATCH", `/members/${id}`, change)

  invitations = (): Promise<Page<Invitation> | Invitation[]> => this.#get("/invitations")

  invite = (email: string, role: RoleChoice): Promise<Invitation> => this.#send("POST", "/invitations", { email, ...role })

  roles = (): Promise<Roles> => this.#get("/roles")

  keepRole = (id: Id | null, wanted: Pick<OwnRole, "name" | "rights"> & { version?: number }): Promise<OwnRole> =>
    id ? this.#send("PUT", `/roles/${id}`, wanted) : this.#send("POST", "/roles", wanted)

  removeRole = (id: Id, instead: string): Promise<void> => this.#send("DELETE", `/roles/${id}${instead ? `?instead=${instead}` : ""}`)

  withdrawInvitation = (id: Id): Promise<void> => this.#send("DELETE", `/invitations/${id}`)

  push = (): Promise<{ key: string; devices: PushDevice[] }> => this.#get("/push")

  keepPush = (wanted: { endpoint: string; keys: { p256dh: string; auth: string } }): Promise<PushDevice[]> =>
    this.#send("PUT", "/push/subscription", wanted)

  forgetPush = (): Promise<PushDevice[]> => this.#send("DELETE", "/push/subscription")

  testPush = (): Promise<{ error: string; status: number | null }> => this.#send("POST", "/push/tests")

  webhooks = (): Promise<Webhooks> => this.#get("/webhooks")

  keepWebhook = (id: Id | null, wanted: Partial<Pick<Webhook, "url" | "kinds" | "state">>): Promise<Webhook> =>
    id ? this.#send("PATCH", `/webhooks/${id}`, wanted) : this.#send("POST", "/webhooks", wanted)

  removeWebhook = (id: Id): Promise<void> => this.#send("DELETE", `/webhooks/${id}`)

  changeWebhookSecret = (id: Id): Promise<Webhook> => this.#send("POST", `/webhooks/${id}/secrets`)

  pingWebhook = (id: Id): Promise<{ delivery_id: Id }> => this.#send("POST", `/webhooks/${id}/pings`)

  webhookLog = (id: Id, failed: boolean, cursor: string | null): Promise<DeliveryLog> =>
    this.#get(`/webhooks/${id}/deliveries`, { failed: failed ? "true" : null, cursor })

  replayDelivery = (id: Id, delivery: Id): Promise<Delivery> => this.#send("POST", `/webhooks/${id}/deliveries/${delivery}/replays`)

  replayFailed = (id: Id, since: string): Promise<{ number: number }> => this.#send("POST", `/webhooks/${id}/replays`, { since })

  apiTokens = (): Promise<Page<ApiToken> | ApiToken[]> => this.#get("/api-tokens")

  makeApiToken = (name: string, role: RoleChoice, as_me: boolean): Promise<ApiToken> =>
    this.#send("POST", "/api-tokens", { name, as_me, ...role })

  revokeApiToken = (id: Id): Promise<void> => this.#send("DELETE", `/api-tokens/${id}`)

  workspace = (): Promise<Workspace> => this.#get("/workspace")

  changeWorkspace = (change: Partial<Workspace>): Promise<Workspace> => this.#send("PATCH", "/workspace", change)

  #halfWay(answer: Session | { awaits: string }): Session | null {
    return "awaits" in answer ? null : this.#entered(answer)
  }

  #enrolled(answer: Enrolled): Enrolled {
    this.#entered(answer.session)
    return answer
  }

  #entered(session: Session): Session {
    this.csrf = session.csrf
    return session
  }

  // For doors of rooms that come when asked: their functions stand in files of their own

  ask = <T>(path: string, asked: Record<string, unknown> = {}): Promise<T> => this.#get(path, asked)

  tell = <T>(method: string, path: string, body?: unknown): Promise<T> => this.#send(method, path, body)

  file = (path: string, asked: Record<string, unknown>): string => `${this.#base}/api/v1${path}${query(asked)}`

  #get<T>(path: string, asked: Record<string, unknown> = {}): Promise<T> {
    return this.#call<T>("GET", path + query(asked))
  }

  #send<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.#call<T>(method, path, body, { "X-CSRF-Token": this.csrf, ...headers })
  }

  async #call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await this.#ask(`${this.#base}/api/v1${path}`, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...this.#headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
    })
    const date = response.headers.get("date")
    if (date) this.skew = Date.parse(date) + 500 - Date.now() // the header leaves out the second's fraction
    const text = await response.text()
    if (response.ok) return (text ? JSON.parse(text) : null) as T
    throw problemOf(response.status, text)
  }

  async #ask(address: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(address, init)
    } catch {
      throw new Problem(0, "unreachable", "")
    }
  }
}

/** What is asked, without what is empty. */
function query(asked: Record<string, unknown>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(asked))
    if (value !== undefined && value !== null && value !== "") given.set(name, String(value))
  return given.size > 0 ? `?${given}` : ""
}

function problemOf(status: number, text: string): Problem {
  try {
    const { code, detail, title, ...extra } = JSON.parse(text) as Record<string, unknown>
    return new Problem(status, String(code ?? ""), String(detail ?? title ?? ""), extra)
  } catch {
    return new Problem(status, "", "")
  }
}

/** Lists come as a page or, where they are short, as they are. */
export function itemsOf<T>(list: Page<T> | T[]): T[] {
  return Array.isArray(list) ? list : list.items
}
