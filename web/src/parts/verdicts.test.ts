import assert from "node:assert/strict"
import { test } from "node:test"
import type { Tree, Verdict } from "../api/rules.ts"
import { explained, leavesOf } from "./verdicts.ts"

const asks: Tree = { type: "is", condition: "asks" }
const isReview: Tree = { type: "is", condition: "kind", values: ["review"] }

test("conditions stand in the order in which they are written, each with every not around it", () => {
  const tree: Tree = { type: "all", of: [asks, { type: "not", of: { type: "any", of: [isReview, { type: "not", of: asks }] } }] }
  assert.deepEqual(
    leavesOf(tree).map(({ condition, isNot }) => [condition, isNot]),
    [["asks", false], ["kind", true], ["asks", false]],
  )
})

test("what was seen is told as the rule says it: a review that is asked not to be one did not hold", () => {
  const verdict: Verdict = {
    rule_id: "1",
    title: "One",
    what: "no",
    conditions: { type: "all", of: [{ type: "not", of: isReview }, asks] },
    found: [[true, "review"]],
    failed: [],
  }
  assert.deepEqual(
    explained(verdict).map(({ held, seen }) => [held, seen]),
    [[false, "review"], [false, ""]],
  )
})
