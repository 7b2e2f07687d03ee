/** What a report asks for, and what became of it: only the newest question counts, however the answers come. */
export class Asking<T> {
  found = $state.raw<T | null>(null)
  failure = $state<unknown>(null)
  isBusy = $state(false)
  #turn = 0
  readonly #ask: () => Promise<T>

  constructor(ask: () => Promise<T>) {
    this.#ask = ask
  }

  /** Asks anew; what was found before stays until there is an answer. */
  again = async (): Promise<void> => {
    const mine = ++this.#turn
    this.isBusy = true
    try {
      const found = await this.#ask()
      if (mine === this.#turn) [this.found, this.failure] = [found, null]
    } catch (problem) {
      if (mine === this.#turn) this.failure = problem
    } finally {
      if (mine === this.#turn) this.isBusy = false
    }
  }
}
