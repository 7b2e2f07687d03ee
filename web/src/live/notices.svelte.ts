/** What the page says in passing. Each is kept in a list, because a passing word is easily missed. */

export interface Notice {
  id: number
  text: string
  tone: "plain" | "bad"
  at: number
  act?: { title: string; run: () => void } | undefined
}

const STAYS = 6_000
const STAYS_IF_BAD = 12_000
const KEPT = 50

class Notices {
  shown = $state.raw<readonly Notice[]>([])
  kept = $state.raw<readonly Notice[]>([])
  #next = 0

  say(text: string, more: { tone?: Notice["tone"]; act?: Notice["act"]; for?: number } = {}): () => void {
    const notice: Notice = { id: this.#next++, text, tone: more.tone ?? "plain", at: Date.now(), act: more.act }
    this.shown = [...this.shown.slice(-2), notice]
    this.kept = [notice, ...this.kept].slice(0, KEPT)
    const hide = (): void => void (this.shown = this.shown.filter((one) => one !== notice))
    setTimeout(hide, more.for ?? (notice.tone === "bad" ? STAYS_IF_BAD : STAYS))
    return hide
  }
}

export const notices = new Notices()
