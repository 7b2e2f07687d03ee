/** Who is probably the same person, and how a screen asks for it and says what was decided. */

import type { Api } from "./client.ts"
import type { Contact } from "./contacts.ts"
import type { Id, Page, Time } from "./shapes.ts"

/** `values`: how it is spelled; of a look-alike on either side. `is_open`: said where anybody could copy it. */
export interface Reason {
  kind: string
  values: string[]
  title: string
  is_open: boolean
}

export interface Side {
  contact: Contact
  identity_id: Id
  seen_at: Time | null
}

export interface Twin {
  one: Side
  other: Side
  score: number
  level: "likely" | "possible"
  reasons: Reason[]
  cautions: ("impostor" | "lookalike" | "same_network")[]
}

/** Accounts of this platform are not compared, and why. */
export interface Withheld {
  platform: string
  note: string
}

export interface TwinPage {
  items: Twin[]
  more: boolean
  withheld: Withheld[]
}

export interface Consent {
  at: Time
  by: Id | null
  how: string
}

export interface TwinsOfContact {
  items: Twin[]
  withheld: Withheld[]
  consent: Consent | null
}

export interface Apart {
  one: Contact
  other: Contact
  at: Time
  by: Id | null
}

export const allTwins = (api: Api): Promise<TwinPage> => api.ask("/twins")

export const allApart = (api: Api): Promise<Page<Apart>> => api.ask("/apart")

export const setApart = (api: Api, one: Id, other: Id, on: boolean): Promise<void> =>
  api.tell(on ? "PUT" : "DELETE", `/contacts/${one}/apart/${other}`)

export const noteConsent = (api: Api, contact: Id, how: string): Promise<Consent> =>
  api.tell("PUT", `/contacts/${contact}/consent`, { how })

export const withdrawConsent = (api: Api, contact: Id): Promise<void> => api.tell("DELETE", `/contacts/${contact}/consent`)
