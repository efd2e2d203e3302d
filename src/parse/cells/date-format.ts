/*
  `cells.dateFormats`: DolphinDB's format symbols (docs/server-semantics.md#text-of-values), or a number since 1970
  (`epoch:ms`).
*/
import { UsageError } from '../../errors.js'
import { EpochFormat } from './epoch-format.js'
import { PatternFormat, parsePattern } from './pattern-format.js'
import type { TimeParts } from './wall-clock.js'

/** Reads one text into its own parts: 0; NaN for no such text; Infinity for more digits than nanoseconds have. */
export interface DateFormat extends TimeParts {
  /** Months since year 0, for MONTH. */
  readonly months: number
  read(bytes: Uint8Array, start: number, end: number): number
}

const fieldNames: Readonly<Record<string, string>> = {
  y: 'the year (yyyy)',
  M: 'the month (MM)',
  d: 'the day (dd)',
  H: 'the hour (HH)',
}

/** Digits of a second that are its units. */
const epochUnits: ReadonlyMap<string, number> = new Map([
  ['s', 0],
  ['ms', 3],
  ['us', 6],
  ['ns', 9],
])

const epochPrefix = 'epoch:'

/**
 * @param typeName  for messages
 * @param needs  letters of the fields without which a text is not a value of the type
 * @param text  such as `dd/MM/yyyy HH:mm:ss.SSS` or `epoch:ms`
 * @throws {UsageError} DDB_USAGE when it is not a format for this type
 */
export function parseDateFormat(
  columnName: string,
  typeName: string,
  needs: string,
  text: string,
): DateFormat {
  const wrong = (why: string): UsageError =>
    new UsageError('DDB_USAGE', `\`cells.dateFormats\` ${columnName}=${text}: ${why}`)
  if (isEpochFormat(text)) {
    const unitDigits = epochUnits.get(text.slice(epochPrefix.length))
    if (unitDigits === undefined) throw wrong('the unit is s, ms, us or ns')
    if (!needs.startsWith('yM')) throw wrong(`${typeName} does not count from 1970`)
    return new EpochFormat(unitDigits)
  }
  const parts = parsePattern(text)
  if (typeof parts === 'string') throw wrong(parts)
  const letters = parts.map(part => (part.letter === 'h' ? 'H' : part.letter))
  const missing = [...needs].find(letter => !letters.includes(letter))
  if (missing !== undefined) throw wrong(`${typeName} needs ${fieldNames[missing]}`)
  return new PatternFormat(parts)
}

/** True for texts that mean a count since 1970, whether or not their unit exists. */
export function isEpochFormat(text: string): boolean {
  return text.startsWith(epochPrefix)
}
