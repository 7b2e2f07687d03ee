/** An immutable map whose change copies one shard, so a busy feed never copies a whole inbox. */

const SHARDS = 256

function shardOf(id: string): number {
  let hash = 0
  for (let at = id.length - 1, stop = Math.max(0, at - 8); at >= stop; at--) hash = (hash * 31 + id.charCodeAt(at)) | 0
  return hash & (SHARDS - 1)
}

export class Rows<T> {
  readonly size: number
  readonly #shards: ReadonlyArray<ReadonlyMap<string, T> | undefined>

  constructor(shards: ReadonlyArray<ReadonlyMap<string, T> | undefined> = [], size = 0) {
    this.#shards = shards
    this.size = size
  }

  get(id: string): T | undefined {
    return this.#shards[shardOf(id)]?.get(id)
  }

  has(id: string): boolean {
    return this.#shards[shardOf(id)]?.has(id) ?? false
  }

  with(id: string, row: T): Rows<T> {
    const at = shardOf(id)
    const shard = new Map(this.#shards[at])
    const grown = shard.has(id) ? 0 : 1
    shard.set(id, row)
    return this.#replaced(at, shard, this.size + grown)
  }

  without(id: string): Rows<T> {
    const at = shardOf(id)
    if (!this.#shards[at]?.has(id)) return this
    const shard = new Map(this.#shards[at])
    shard.delete(id)
    return this.#replaced(at, shard, this.size - 1)
  }

  *values(): IterableIterator<T> {
    for (const shard of this.#shards) if (shard) yield* shard.values()
  }

  #replaced(at: number, shard: ReadonlyMap<string, T>, size: number): Rows<T> {
    const shards = this.#shards.slice()
    shards[at] = shard
    return new Rows(shards, size)
  }
}
