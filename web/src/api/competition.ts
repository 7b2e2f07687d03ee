/** Other brands' public answers, and ours beside them on the same terms. All spans are seconds, all shares 0 to 1. */

import type { Api } from "./client.ts"
import type { Figures } from "./reports.ts"
import type { Id, Time } from "./shapes.ts"

/** `up_to` null: still read for the first time. `behind`: threads are overdue. */
export interface Reading {
  up_to: Time | null
  posts: number
  read: number
  behind: boolean
  requests_today: number
  trouble: string
  trouble_since: Time | null
}

export interface RivalAccount {
  id: Id
  competitor_id: Id
  platform: string
  handle: string
  name: string
  url: string
  added_at: Time
  reading: Reading
  figures: Figures | null
}

export interface Rival {
  id: Id
  name: string
  added_at: Time
  accounts: RivalAccount[]
}

export interface RivalNetwork {
  platform: string
  possible: boolean
  note: string
  asked: string
  a_day: number
  requests_today: number
  connected: boolean
}

export interface Competition {
  as_of: Time
  zone: string
  days: number
  post_days: number
  most: number
  most_accounts: number
  competitors: Rival[]
  ours: { platform: string; since: Time; figures: Figures }[]
  networks: RivalNetwork[]
}

export const competitionOf = (api: Api): Promise<Competition> => api.ask("/reports/competition", {})

export const nameRival = (api: Api, name: string): Promise<Rival> => api.tell("POST", "/competitors", { name })

export const removeRival = (api: Api, id: Id): Promise<void> => api.tell("DELETE", `/competitors/${id}`)

export const addRivalAccount = (api: Api, id: Id, platform: string, asked: string): Promise<RivalAccount> => api.tell("POST", `/competitors/${id}/accounts`, { platform, asked })

export const removeRivalAccount = (api: Api, account: RivalAccount): Promise<void> => api.tell("DELETE", `/competitors/${account.competitor_id}/accounts/${account.id}`)
