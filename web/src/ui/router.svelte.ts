/** Where on the page we are. Knows addresses, not what they mean. */

class Router {
  path = $state(location.pathname)
  query = $state.raw(new URLSearchParams(location.search))

  constructor() {
    addEventListener("popstate", () => this.#read())
  }

  /** The parts of the path, decoded. */
  get parts(): string[] {
    return this.path.split("/").filter(Boolean).map(decodeURIComponent)
  }

  go(address: string, how: "push" | "replace" = "push"): void {
    if (address === location.pathname + location.search) return
    if (how === "push") history.pushState(null, "", address)
    else history.replaceState(null, "", address)
    this.#read()
  }

  #read(): void {
    this.path = location.pathname
    this.query = new URLSearchParams(location.search)
  }
}

export const router = new Router()

/** For links: a plain click stays on the page, any other is the browser's. */
export function follow(event: MouseEvent): void {
  const link = event.currentTarget as HTMLAnchorElement
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  router.go(link.pathname + link.search)
}
