import assert from "node:assert/strict"
import { test } from "node:test"
import { share } from "./shares.ts"

test("of few it is said how many, and only of many what share", () => {
  assert.match(share(48, 50), /96/)
  assert.doesNotMatch(share(3, 4), /75/)
  assert.match(share(299, 300), /99\.7/)
})
