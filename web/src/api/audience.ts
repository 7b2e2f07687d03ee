/** Who writes to us, and how personally we answer. All spans are seconds, all shares 0 to 1. */

import type { Days, Period, Sums } from "./audits.ts"
import type { Api } from "./client.ts"
import type { Share } from "./reports.ts"
import type { Id, Kind, Time } from "./shapes.ts"

/** `before`: people in the period before. */
export interface Part {
  name: string
  items: number
  people: number
  before: number
}

export interface Answering {
  n: number
  answered: number
  waiting: number
  within_week: Share
}

/** Said by `people` of `of`, and by `before` of `of_before` in the period before. */
export interface RisingWord {
  word: string
  people: number
  of: number
  before: number
  of_before: number
  strength: number
}

/** `hours`: items in each hour of the week, Monday 00:00 first. `words` null: too few wrote. */
export interface Audience extends Period {
  now: Sums
  before: Sums
  answering: Answering
  answering_before: Answering
  networks: Part[]
  languages: Part[]
  kinds: Part[]
  hours: number[]
  overlap: { here: string; there: string; people: number }[]
  words: RisingWord[] | null
  sampled: number
}

export interface Reply {
  conversation_id: Id
  at: Time
  platform: string
  kind: Kind
  person: string
  text: string
}

/** `n` of `of`; `rows`: the newest of them. */
export interface Counted {
  n: number
  of: number
  rows: Reply[]
}

export interface Touch extends Period {
  run: number
  saved: Counted
  same: Counted
  holding: Counted
  all_of_them: boolean
}

export const audienceOf = (api: Api, days: Days): Promise<Audience> => api.ask("/reports/audience", days)

export const touchOf = (api: Api, days: Days): Promise<Touch> => api.ask("/reports/touch", days)
