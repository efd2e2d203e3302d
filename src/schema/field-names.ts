/* Finds fields by name. The case may differ if only one field can match. Says which names a script may contain without quotes
   (docs/server-semantics.md#text-of-values). */
import { dataTypes } from '../protocol/data-type.js'

/** Begins with a letter or a Chinese character. Letters, Chinese characters, digits and `_` may follow. Literals are no names. */
const identifier = /^(?!(?:null|NULL|true|false)$)[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*$/

/** From DolphinDB's manual (page Variables), and two operators of scripts. Case matters: a column can be named `date`, but not `DATE`. */
const reservedWords: ReadonlySet<string> = new Set([
  ...Object.keys(dataTypes),
  ...'FUNCTIONDEF HANDLE CODE DATASOURCE RESOURCE'.split(' '),
  ...'SCALAR PAIR VECTOR MATRIX SET DICT TABLE'.split(' '),
  ...'LINE PIE COLUMN BAR AREA HISTOGRAM SCATTER'.split(' '),
  ...'VALUE RANGE HASH LIST COMPO VAR SHARED DEF HEAD CURRENT TAIL NULL null pi e'.split(' '),
  ...'for do if else not continue break select exec delete update true false def return'.split(' '),
  ...'module use try throw assert const share timer'.split(' '),
])

/** True if no table, column or function can have this name. */
export const isReservedWord = (text: string): boolean => reservedWords.has(text)

export const isIdentifier = (text: string): boolean => identifier.test(text)

/** Words of queries, which the manual does not list as reserved. */
const queryWords: ReadonlySet<string> = new Set(
  'from where group order by limit top having like in between and or as on case when csort cgroup asc desc distinct pivot into'.split(
    ' ',
  ),
)

/** True if a query may name this column. Tables may have others, if the program that made them quoted the names. */
export const isPlainName = (text: string): boolean =>
  isIdentifier(text) && !isReservedWord(text) && !queryWords.has(text.toLowerCase())

/** Lookup tables by name. They are built once, because each of tens of thousands of columns may look up its field. */
export interface KnownNames {
  /** Index by name. For a repeated name, the index of the first field. */
  readonly indexes: ReadonlyMap<string, number>
  readonly twice: ReadonlySet<string>
  readonly alike: ReadonlyMap<string, string | undefined>
}

export function knownNames(names: readonly string[]): KnownNames {
  const indexes = new Map<string, number>()
  const twice = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (indexes.has(name)) twice.add(name)
    else indexes.set(name, index)
  }
  return { indexes, twice, alike: uniqueByLowerCase(indexes.keys()) }
}

/** Lower-case name → name; undefined if several names differ only in case. */
export function uniqueByLowerCase(
  names: Iterable<string>,
): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const name of names) {
    const key = name.toLowerCase()
    found.set(key, found.has(key) && found.get(key) !== name ? undefined : name)
  }
  return found
}

/** Accepts a different case only if no other field and no other column match. @param asked  the names of columns, by lower case */
export function namedField(
  name: string,
  { indexes, twice, alike }: KnownNames,
  asked: ReadonlyMap<string, string | undefined>,
): number {
  const exact = indexes.get(name)
  if (exact !== undefined) return exact
  const key = name.toLowerCase()
  const other = alike.get(key)
  const isSure = other !== undefined && !twice.has(other) && asked.get(key) === name
  return (isSure ? indexes.get(other) : undefined) ?? -1
}
