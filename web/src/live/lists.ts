/** Sorted, immutable lists of ids. Pure. */

/** The first place whose element does not come before the sought one. */
export function placeOf(length: number, comesBefore: (at: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comesBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}

export function inserted<T>(list: readonly T[], at: number, item: T): readonly T[] {
  const copy = list.slice()
  copy.splice(at, 0, item)
  return copy
}

/** The list with the item at `from` standing where it belongs in the list without it: one copy, not two. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const copy = list.slice()
  const item = copy[from]!
  if (from < to) copy.copyWithin(from, from + 1, to + 1)
  else copy.copyWithin(to + 1, to, from)
  copy[to] = item
  return copy
}

export function removed<T>(list: readonly T[], at: number): readonly T[] {
  const copy = list.slice()
  copy.splice(at, 1)
  return copy
}

export function replaced<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value)
}

export function dropped<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map
  const copy = new Map(map)
  copy.delete(key)
  return copy
}

export function plus<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return set.has(item) ? set : new Set(set).add(item)
}

export function minus<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  if (!set.has(item)) return set
  const copy = new Set(set)
  copy.delete(item)
  return copy
}
