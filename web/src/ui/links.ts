/** Addresses within what a customer wrote. Only http and https ever become a link. Pure. */

export interface Piece {
  text: string
  href?: string
}

const LONGEST = 60
const ADDRESS = /https?:\/\/[^\s<>"']+/gi

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0])
    const href = safe(address)
    if (!href) continue
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) })
    pieces.push({ text: address.length > LONGEST ? address.slice(0, LONGEST - 1) + "…" : address, href })
    from = match.index + address.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

/** The sentence's own punctuation is no part of the address; a closing bracket is, if the address opened one. */
function trimmed(address: string): string {
  let end = address.length
  while (end > 0) {
    const last = address[end - 1]!
    const isOpened = last === ")" && count(address.slice(0, end), "(") >= count(address.slice(0, end), ")")
    if (!/[.,;:!?)\]}…]/.test(last) || isOpened) break
    end--
  }
  return address.slice(0, end)
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1
}

/** The address if a browser may follow it, else "". */
export function safe(address: string): string {
  try {
    const url = new URL(address)
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : ""
  } catch {
    return ""
  }
}
