/** Being told beside the page: by the machine's own notifications and by a sound. Neither without having been asked for. */

import type { FeedEvent, Notification as Told } from "../api/shapes.ts"

const FRESH = 60_000 // ms; what a sleeping page hears of later is no call any more
const TONES = [660, 880] // Hz

export const canShow = (): boolean => "Notification" in window

/** How it stands between the machine and us: default means that nobody was asked. */
export function permission(): NotificationPermission {
  return canShow() ? Notification.permission : "denied"
}

/** Only ever from a click: browsers refuse to ask otherwise, and rightly. */
export async function askPermission(): Promise<NotificationPermission> {
  return canShow() ? Notification.requestPermission() : "denied"
}

/** Rings for one event, once however many pages are open. `open` is called when somebody answers. */
export async function ring(event: FeedEvent, now: number, words: (one: Told) => string, open: (one: Told) => void): Promise<void> {
  const one = event.bell?.notification
  if (!one || now - Date.parse(event.at) > FRESH) return
  const sounds = event.bell?.loud?.includes("sound")
  if (sounds) await alone(`earshot ring ${one.id} ${one.version}`, chime)
  if (!event.bell?.loud?.includes("desktop") || permission() !== "granted" || document.hasFocus()) return
  try {
    // Another page of ours shows the same under the same tag, and there is still one.
    const shown = new Notification(words(one), { tag: one.id, silent: true, icon: "/earshot.svg" })
    shown.onclick = () => {
      window.focus()
      shown.close()
      open(one)
    }
  } catch {
    // Some phones offer the name and not the thing.
  }
}

/** Of several pages only the first acts; it keeps the word for a moment, so that a slower one finds it taken. */
async function alone(name: string, act: () => void): Promise<void> {
  const locks: LockManager | undefined = navigator.locks
  if (!locks) return act()
  await locks.request(name, { ifAvailable: true }, async (mine) => {
    if (!mine) return
    act()
    await new Promise((done) => setTimeout(done, 2_000))
  })
}

/** Two short notes, made here. */
export function chime(): void {
  const sound = new AudioContext()
  TONES.forEach((pitch, n) => {
    const from = sound.currentTime + n * 0.13
    const tone = sound.createOscillator()
    const loudness = sound.createGain()
    tone.frequency.value = pitch
    loudness.gain.setValueAtTime(0.0001, from)
    loudness.gain.exponentialRampToValueAtTime(0.12, from + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + 0.25)
    tone.connect(loudness).connect(sound.destination)
    tone.start(from)
    tone.stop(from + 0.26)
  })
  setTimeout(() => void sound.close(), 700)
}

/** Where a browser remembers whose notifications come to it: on a machine that many share, nobody gets another's. */
export const TOLD_HERE = "earshot.push"

export function isToldHere(me: string): boolean {
  try {
    return localStorage.getItem(TOLD_HERE) === me
  } catch {
    return false // storage is closed to us
  }
}

/** A notification that was opened while a page is there brings it to the front, and says where to go. */
export function opened(go: (path: string) => void): () => void {
  const hear = (event: MessageEvent): void => {
    const path: unknown = (event.data as { open?: unknown } | null)?.open
    if (typeof path === "string" && /^\/(?!\/)/.test(path)) go(path)
  }
  navigator.serviceWorker?.addEventListener("message", hear) // absent where the address is not https
  return () => navigator.serviceWorker?.removeEventListener("message", hear)
}
