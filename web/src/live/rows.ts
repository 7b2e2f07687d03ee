/** An immutable map whose change copies one small shard, so a busy feed never copies a whole inbox. */

const WIDTH = 64 // two levels of 64: at 100,000 rows a shard holds some 25

type Shard<T> = ReadonlyMap<string, T>
type Shelf<T> = readonly (Shard<T> | undefined)[]

function placeOf(id: string): number {
  let hash = 0
  for (let at = id.length - 1, stop = Math.max(0, at - 8); at >= stop; at--) hash = (hash * 31 + id.charCodeAt(at)) | 0
  return hash & (WIDTH * WIDTH - 1)
}

export class Rows<T> {
  readonly size: number
  readonly #shelves: readonly (Shelf<T> | undefined)[]

  constructor(shelves: readonly (Shelf<T> | undefined)[] = [], size = 0) {
    this.#shelves = shelves
    this.size = size
  }

  get(id: string): T | undefined {
    return this.#shard(placeOf(id))?.get(id)
  }

  has(id: string): boolean {
    return this.#shard(placeOf(id))?.has(id) ?? false
  }

  with(id: string, row: T): Rows<T> {
    const place = placeOf(id)
    const shard = new Map(this.#shard(place))
    const grown = shard.has(id) ? 0 : 1
    shard.set(id, row)
    return this.#replaced(place, shard, this.size + grown)
  }

  without(id: string): Rows<T> {
    const place = placeOf(id)
    if (!this.#shard(place)?.has(id)) return this
    const shard = new Map(this.#shard(place))
    shard.delete(id)
    return this.#replaced(place, shard, this.size - 1)
  }

  *values(): IterableIterator<T> {
    for (const shelf of this.#shelves) if (shelf) for (const shard of shelf) if (shard) yield* shard.values()
  }

  #shard(place: number): Shard<T> | undefined {
    return this.#shelves[(place / WIDTH) | 0]?.[place % WIDTH]
  }

  #replaced(place: number, shard: Shard<T>, size: number): Rows<T> {
    const shelves = this.#shelves.slice()
    const shelf = shelves[(place / WIDTH) | 0]?.slice() ?? []
    shelf[place % WIDTH] = shard
    shelves[(place / WIDTH) | 0] = shelf
    return new Rows(shelves, size)
  }
}
