// The part of Earshot that a browser keeps when every page is closed: it shows what it is told, and opens it.

const KEPT = "earshot-push"
const WORDS = "/push/words" // what each kind is called, in the language of whoever switched it on
const MOST_TOLD = 200

self.addEventListener("install", () => self.skipWaiting())
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()))
self.addEventListener("push", (event) => event.waitUntil(tell(read(event.data))))
self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})

function read(data) {
  try {
    const told = data.json()
    return typeof told === "object" && told !== null ? told : {}
  } catch {
    return {}
  }
}

async function tell(message) {
  const isTest = message.kind === "test"
  // Whoever is looking at Earshot is told there.
  if (!isTest && (await pages()).some((page) => page.focused)) return
  if (message.id && (await wasTold(String(message.id)))) return
  const words = await wordsFor(message.kind)
  const quoted = message.text ? (message.who ? `${message.who}: ${message.text}` : message.text) : ""
  await self.registration.showNotification(String(message.title || "Earshot"), {
    body: [words || message.said || "", quoted].filter(Boolean).join("\n"),
    tag: String(message.id || "earshot"), // an open page shows the same under the same tag, and there is still one
    icon: "/earshot-180.png",
    badge: "/earshot-180.png",
    data: { path: message.path },
  })
}

/** Only ever to a place within Earshot. */
function placeOf(data) {
  const path = data && typeof data.path === "string" ? data.path : "/"
  const url = new URL(path, self.location.origin)
  return url.origin === self.location.origin ? url.pathname + url.search : "/"
}

async function open(data) {
  const path = placeOf(data)
  const all = await pages()
  const page = all.find((one) => one.focused) ?? all.find((one) => one.visibilityState === "visible") ?? all[0]
  if (!page) return void (await self.clients.openWindow(path))
  page.postMessage({ open: path })
  await page.focus().catch(() => undefined) // some browsers focus nothing that is minimised
}

function pages() {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true })
}

/** A push service may deliver twice, and so may we. */
async function wasTold(id) {
  const cache = await caches.open(KEPT)
  const address = `/push/told/${encodeURIComponent(id)}`
  if (await cache.match(address)) return true
  await cache.put(address, new Response(""))
  const known = (await cache.keys()).filter((one) => new URL(one.url).pathname.startsWith("/push/told/"))
  await Promise.all(known.slice(0, Math.max(0, known.length - MOST_TOLD)).map((one) => cache.delete(one)))
  return false
}

async function wordsFor(kind) {
  const kept = await (await caches.open(KEPT)).match(WORDS)
  if (!kept) return ""
  const words = await kept.json().catch(() => ({}))
  return Object.hasOwn(words, kind) ? String(words[kind]) : ""
}
