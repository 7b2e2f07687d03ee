/** Shapes of people: who somebody is on every network. */

import type { Conversation, Id, Page, Time } from "./shapes.ts"

/** One account of theirs. `contact_id`: the contact it came with. */
export interface Identity {
  id: Id
  contact_id: Id
  platform: string
  name: string
  handle: string
  avatar_url: string
  profile_url: string
  known_since: Time
  erased: boolean
  blocked_at?: Time | null // here alone
  blocked_by?: Id | null
}

/** Somebody said that they are one; `identity_ids` are somebody else's again when it is split. */
export interface Merge {
  id: Id
  at: Time
  by: Id | null
  name: string
  identity_ids: Id[]
}

/** A person. `contact_ids`: every contact that is they. */
export interface Contact {
  id: Id
  name: string
  known_since: Time
  contact_ids: Id[]
  identities: Identity[]
  merges: Merge[]
  tags: string[]
  values: { field_id: Id; value: Value }[]
}

export type Value = string | number | boolean

export interface Note {
  id: Id
  text: string
  by: Id | null
  at: Time
  edited_at: Time | null
}

/** What a workspace wants to know of people. */
export interface ContactField {
  id: Id
  title: string
  kind: "text" | "number" | "date" | "choice" | "yes_no"
  choices: string[]
}

/** Somebody as the page shows them. */
export interface Person extends Contact {
  notes: Page<Note>
  threads: Page<Conversation>
  fields: ContactField[]
}
