/** Builders for tests: they fill in what a story does not care about. */

import type { Conversation, FeedEvent, Message } from "../api/shapes.ts"

export const ME = "00000000-0000-7000-8000-0000000000aa"

export function conversation(given: Partial<Conversation> & { id: string }): Conversation {
  return {
    version: 1,
    channel_id: "channel",
    platform: "demo",
    kind: "dm",
    status: "open",
    priority: 0,
    person: { identity_id: null, name: "Ana", handle: "", avatar_url: "", platform: "demo" },
    participants: 1,
    post: null,
    preview: "",
    preview_by: "customer",
    message_count: 1,
    created_at: "2026-11-23T09:00:00Z",
    last_message_at: "2026-11-23T09:00:00Z",
    last_inbound_at: "2026-11-23T09:00:00Z",
    waiting_since: null,
    waiting_count: 0,
    due_at: null,
    due_for: "",
    risk: 0,
    imported: false,
    held: 0,
    assignee_id: null,
    team_id: null,
    tags: [],
    snoozed_until: null,
    resolved_at: null,
    reply_window_until: null,
    linked_id: null,
    permalink: "",
    ...given,
  }
}

export function message(given: Partial<Message> & { id: string }): Message {
  return {
    version: 1,
    conversation_id: "c",
    direction: "in",
    visibility: "private",
    kind: "dm",
    author: null,
    agent_id: null,
    written_elsewhere: "",
    text: "",
    attachments: [],
    at: "2026-11-23T09:00:00Z",
    received_at: "2026-11-23T09:00:00Z",
    edited_at: null,
    deleted_at: null,
    deleted_by: "",
    hidden: false,
    held: false,
    liked: false,
    rating: null,
    needs_reply: true,
    reply_refused: "",
    purged: false,
    erased: false,
    needs_reply_reason: "",
    answered: false,
    before_connection: false,
    parent_id: null,
    permalink: "",
    delivery: null,
    answers: [],
    mentions: [],
    template: "",
    revisions: 0,
    unsupported: "",
    ...given,
  }
}

let told = 0

export function event(given: Partial<FeedEvent>): FeedEvent {
  told += 1
  return { seq: told, name: "conversation.changed", at: "2026-11-23T09:00:00Z", ...given }
}

/** Random numbers that come again for the same seed. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return Math.floor(((state ^ (state >>> 13)) >>> 0) % below)
  }
}
