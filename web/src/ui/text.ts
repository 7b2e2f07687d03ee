/** Every word on the page comes from messages/*.json; numbers and dates are written as the reader's language does. */

import en from "../../messages/en.json" with { type: "json" }
import type enRooms from "../../messages/en.rooms.json"

export type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>
export type Key = keyof typeof en | keyof typeof enRooms
export type Values = Record<string, string | number>

type Catalogue = () => Promise<{ default: Partial<Record<Key, Entry>> }>

const complete: Record<string, Catalogue> = { es: () => import("../../messages/es.json") }
/** Only for who asks for it: what it does not say yet is said in English. */
const begun: Record<string, Catalogue> = { ar: () => import("../../messages/ar.json") }
/** What only Settings, the reports and the walls say: it comes with them. */
const rooms: Record<string, Catalogue> = { en: () => import("../../messages/en.rooms.json"), es: () => import("../../messages/es.rooms.json") }
const FROM_THE_RIGHT = ["ar"]

export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "es", name: "Español" },
  { code: "ar", name: "العربية", isBegun: true },
]

let english: Partial<Record<Key, Entry>> = en
let words: Partial<Record<Key, Entry>> = en
let isFurnished = false
let language = "en"
let locale = "en"
let plurals = new Intl.PluralRules("en")

/** A locale Intl accepts: a bare environment may offer one like "en-US@posix", at which Intl throws. */
export function safeLocale(wanted: string | undefined): string {
  try {
    return Intl.getCanonicalLocales(wanted?.split(/[@.]/)[0]?.replace("_", "-"))[0] ?? "en"
  } catch {
    return "en"
  }
}

/** Takes the chosen language, else the browser's if its catalogue is complete; else English. */
export async function settleLanguage(chosen = localStorage.getItem("earshot.language")): Promise<void> {
  const wanted = chosen ? [chosen] : navigator.languages
  const offered = chosen ? { ...complete, ...begun } : complete
  const found = wanted.map(safeLocale).find((one) => one.split("-")[0]! in offered || one.startsWith("en")) ?? "en"
  const short = found.split("-")[0]!
  if (short in offered) words = (await offered[short]!()).default
  language = short
  locale = found
  plurals = new Intl.PluralRules(locale)
  document.documentElement.lang = language
  document.documentElement.dir = FROM_THE_RIGHT.includes(language) ? "rtl" : "ltr"
}

/** Before anything of the rooms behind the inbox is drawn. */
export async function settleRooms(): Promise<void> {
  if (isFurnished) return
  const [theirs, own] = await Promise.all([rooms["en"]!(), rooms[language]?.()])
  english = { ...english, ...theirs.default }
  words = { ...words, ...own?.default }
  isFurnished = true
}

export const languageNow = (): string => language
export const localeNow = (): string => locale

/** The text for a key; `{name}` is replaced by a value, and `n` chooses among plural forms. */
export function t(key: Key, values: Values = {}): string {
  const entry: Entry = words[key] ?? english[key] ?? key
  const form = typeof entry === "string" ? entry : (entry[plurals.select(Number(values["n"] ?? 0))] ?? entry.other ?? "")
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : typeof value === "number" ? number(value) : value
  })
}

/** The text for a word that came over the wire, or the word itself where the catalogue has none. */
export function said(prefix: string, word: string, values: Values = {}): string {
  const key = `${prefix}.${word}`
  return key in english ? t(key as Key, values) : word.replaceAll("_", " ")
}

/** A language by its name in the reader's own, or as it was given. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: "language" }).of(code.replaceAll("_", "-")) ?? code
  } catch {
    return code
  }
}

/** "a, b and c", or with `or`. */
export function list(these: readonly string[], word: "and" | "or" = "and"): string {
  return new Intl.ListFormat(locale, { type: word === "or" ? "disjunction" : "conjunction" }).format(these)
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale).format(value)
}

const LONGEST_NAME = 48

/** A name within a sentence: it may be as long as a page. */
export function shortName(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name || t("person.unknown")
}
