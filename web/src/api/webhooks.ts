/** Shapes of our own addresses that are told, and of what became of each telling. */

import type { Id, Time } from "./shapes.ts"

export interface Webhook {
  id: Id
  url: string
  kinds: string[]
  state: "on" | "off"
  off_reason: "" | "person" | "gone" | "failing"
  failing_since: Time | null
  rest_until: Time | null
  previous_until: Time | null
  failed: number
  created_at: Time
  secret?: string | null
}

export interface Webhooks {
  items: Webhook[]
  kinds: string[]
}

export interface Delivery {
  id: Id
  kind: string
  at: Time
  conversation_id: Id | null
  state: "pending" | "delivered" | "failed"
  tries: number
  tried_at: Time | null
  due_at: Time | null
  status: number | null
  took_ms: number | null
  answer: string
  error: string
}

export interface DeliveryLog {
  items: Delivery[]
  next: string | null
}
