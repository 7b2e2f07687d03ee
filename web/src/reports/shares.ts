/** A share of a count, as honestly as the count allows. */

import { t } from "../ui/text.ts"
import { percent } from "./axis.ts"

export const FEW = 30 // below which a percentage would say more than is known

/** "96%" of many, "3 of 4" of few. */
export function share(n: number, of: number): string {
  return of < FEW ? t("recall.so_many", { n, of }) : percent(n / of)
}
