/** Being told on this machine while no page is open: switched on and off, and kept alive whenever somebody signs in. */

import { type Api, Problem } from "../api/client.ts"
import type { PushDevice } from "../api/rooms.ts"
import type { Id } from "../api/shapes.ts"
import { isToldHere, TOLD_HERE } from "../live/ringing.ts"
import { localeNow, said, settleRooms } from "../ui/text.ts"

export type PushState = "unsupported" | "insecure" | "denied" | "off" | "on"

const WORKER = "/push.js"
const KEPT = "earshot-push"
const WORDS = "/push/words"
const KINDS = ["assigned", "mentioned", "wrote_again", "send_failed", "rejected", "approved", "to_approve", "at_risk", "unassigned_at_risk", "breached", "any_breached", "snooze_over", "spike", "goal", "channel_down", "rule", "rule_stopped", "webhook_off", "test"]

/** How it stands in this browser, as far as it knows itself. */
export async function pushState(me: Id): Promise<PushState> {
  if (!window.isSecureContext) return "insecure"
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unsupported"
  if (Notification.permission === "denied") return "denied"
  const known = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription()
  return known && isToldHere(me) && Notification.permission === "granted" ? "on" : "off"
}

/** Only ever from a click. Raises what the browser or the house says against it; gives null where somebody says no. */
export async function switchOn(api: Api, me: Id): Promise<PushDevice[] | null> {
  if ((await Notification.requestPermission()) !== "granted") return null
  const devices = await subscribe(api)
  remember(me)
  return devices
}

export async function switchOff(api: Api): Promise<PushDevice[]> {
  remember("")
  const known = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription()
  const devices = await api.forgetPush()
  await known?.unsubscribe()
  return devices
}

/** A new session, a new key or a new subscription: whatever changed, what was switched on here stays so. */
export async function renew(api: Api, me: Id): Promise<void> {
  if ((await pushState(me)) !== "on") return
  await subscribe(api).catch((problem: unknown) => {
    if (!(problem instanceof Problem || problem instanceof DOMException)) throw problem
  })
}

async function subscribe(api: Api): Promise<PushDevice[]> {
  await navigator.serviceWorker.register(WORKER, { scope: "/" })
  const { pushManager } = await navigator.serviceWorker.ready
  const key = bytesOf((await api.push()).key)
  let made = await pushManager.getSubscription()
  if (made && !isSame(made.options.applicationServerKey, key)) {
    await made.unsubscribe()
    made = null
  }
  made ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  await keepWords()
  const { endpoint, keys } = made.toJSON()
  return api.keepPush({ endpoint: endpoint ?? "", keys: { p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" } })
}

/** The worker speaks the language of whoever switched it on. */
async function keepWords(): Promise<void> {
  await settleRooms()
  const words = Object.fromEntries(KINDS.map((kind) => [kind, said("push.said", kind)]))
  const cache = await caches.open(KEPT)
  await cache.put(WORDS, new Response(JSON.stringify(words), { headers: { "Content-Type": "application/json", "Content-Language": localeNow() } }))
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}

function isSame(known: ArrayBuffer | null, key: Uint8Array): boolean {
  if (!known || known.byteLength !== key.length) return false
  return new Uint8Array(known).every((byte, at) => byte === key[at])
}

function remember(me: Id): void {
  try {
    if (me) localStorage.setItem(TOLD_HERE, me)
    else localStorage.removeItem(TOLD_HERE)
  } catch {
    // Storage is closed to us: it is to be switched on again after the next sign-in.
  }
}
