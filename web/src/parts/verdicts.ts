/** A rule's conditions one by one, and what came of asking them. Pure. */

import type { Tree, Verdict } from "../api/rules.ts"

/** One condition, and what came of asking it where it was asked. */
export interface Leaf {
  condition: string
  values: readonly string[]
  isNot: boolean
  held?: boolean // as it is written, so with its "not"
  seen?: string
}

/** Every condition in the order in which they stand. */
export function leavesOf(tree: Tree, isNot = false): Leaf[] {
  if (tree.type === "is") return [{ condition: tree.condition, values: tree.values ?? [], isNot }]
  if (tree.type === "not") return leavesOf(tree.of, !isNot)
  return tree.of.flatMap((one) => leavesOf(one, isNot))
}

export function explained(verdict: Verdict): Leaf[] {
  return leavesOf(verdict.conditions).map((leaf, at) => {
    const [held, seen] = verdict.found[at] ?? [false, ""]
    return { ...leaf, held: held !== leaf.isNot, seen }
  })
}
