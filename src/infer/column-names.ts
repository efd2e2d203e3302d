/*
  Names of an input's columns in a table: unchanged if DolphinDB accepts them, otherwise repaired as `loadText` does
  (docs/server-semantics.md#text-of-values). Reserved words become lower case: `date` for `DATE`.
*/
import { UsageError, usageError } from '../errors.js'
import { everyColumn } from '../parse/cells/date-format.js'
import type { CellRules } from '../parse/cell-rules.js'
import { isIdentifier, isReservedWord } from '../schema/identifier.js'

/** Options that refer to columns by name. */
export interface NameRules {
  readonly cells: Pick<CellRules, 'dateFormats' | 'percentColumns'> & {
    readonly offsets?: Readonly<Record<string, string>>
  }
  /** Target column → input column. */
  readonly map: Readonly<Record<string, string>>
  /** Target column → the text that it gets in every row. */
  readonly set: Readonly<Record<string, string>>
  readonly types?: readonly { readonly name: string }[]
  /** Columns of an existing table. Their names stay unchanged. */
  readonly existing?: ReadonlySet<string> | undefined
}

/** Matches names of columns that identify shares, futures and the like. */
const codeName =
  /^(?:.*_)?(?:sym|symbol|code|ticker|instrument(?:_?id)?|security_?id|secu_?code|contract|ric|isin|wind_?code)$|[a-z](?:Symbol|Code|Ticker|SecurityID|InstrumentID)$|\u4ee3\u7801|\u4ee3\u78bc|\u5408\u7ea6|\u5408\u7d04/i

export const isCodeName = (name: string): boolean => codeName.test(name)

const wrongSign = /[^A-Za-z0-9_\u4e00-\u9fff]/gu

/**
 * Proposes one name per column, all different even if case is ignored. Names that need no repair stay unchanged.
 * @param names  in the input; undefined for a column without a name
 * @param existing  names of an existing table's columns, which are not repaired
 */
export function proposeNames(
  names: readonly (string | undefined)[],
  existing?: ReadonlySet<string>,
): string[] {
  const taken = new Set<string>()
  const proposed = names.map(name => {
    if (name === undefined) return undefined
    const isUsable = isIdentifier(name) && !isReservedWord(name)
    if (!isUsable && existing?.has(name) !== true) return undefined
    if (taken.has(name.toLowerCase())) return undefined
    taken.add(name.toLowerCase())
    return name
  })
  return proposed.map((name, i) => name ?? repaired(names[i], i, taken))
}

function repaired(name: string | undefined, index: number, taken: Set<string>): string {
  const signs = (name ?? '').trim().replace(wrongSign, '_')
  const base = /[A-Za-z0-9\u4e00-\u9fff]/.test(signs) ? signs : `col${index}`
  const word = isIdentifier(base) ? base : `c${base}`
  const first = isReservedWord(word) ? unreserved(word) : word
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? first : `${first}_${number}`
    if (taken.has(candidate.toLowerCase())) continue
    taken.add(candidate.toLowerCase())
    return candidate
  }
}

function unreserved(word: string): string {
  const small = word.toLowerCase()
  return isReservedWord(small) ? `${small}_` : small
}

/** Names of the columns in the table: from `map`, otherwise proposed by `proposeNames`. */
export function targetNames(
  { map, existing }: Pick<NameRules, 'map' | 'existing'>,
  names: readonly (string | undefined)[],
): readonly string[] {
  const mapped = new Map(Object.entries(map).map(([target, source]) => [source, target]))
  const wanted = names.map((name, i) => mapped.get(name ?? String(i + 1)) ?? name)
  return proposeNames(wanted, existing)
}

/** @throws {UsageError} DDB_USAGE for unknown columns, or if `set` names a column of the input; DDB_NAME for reserved words */
export function checkRules(
  { cells, map, set, types = [], existing }: NameRules,
  own: readonly string[],
): void {
  const names = [...own, ...Object.keys(set)]
  const twice = own.find(name => Object.hasOwn(set, name))
  if (twice !== undefined) {
    throw usageError(`column "${twice}" is in the input, and set: name another`)
  }
  const dated = Object.keys(cells.dateFormats ?? {}).filter(name => name !== everyColumn)
  const { percentColumns = [], offsets = {} } = cells
  const named = [...dated, ...percentColumns, ...Object.keys(offsets), ...Object.keys(map)]
  named.push(...types.map(({ name }) => name))
  const reserved = [...Object.keys(map), ...Object.keys(set)].find(
    name => isReservedWord(name) && existing?.has(name) !== true,
  )
  if (reserved !== undefined) {
    throw new UsageError(
      'DDB_NAME',
      `"${reserved}" is a reserved word of DolphinDB, which cannot be the name of a column`,
    )
  }
  const unknown = named.find(name => !names.includes(name))
  if (unknown === undefined) return
  throw usageError(
    `the table would have no column "${unknown}": its columns are ${names.join(', ')}`,
  )
}
