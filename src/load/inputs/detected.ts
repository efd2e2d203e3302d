/* How an input is read: as its options say, and as its reader detected it; what was detected is a part of the result, and gives the options
   with which another reader reads the input in the same way. */
import { option } from '../../errors.js'
import { givenDialect } from '../../parse/csv/csv-dialect.js'
import { decimalCommaFor } from '../../parse/csv/decimal-comma.js'
import type { ReaderOptions } from '../../parse/formats.js'
import type { InputReader } from '../../parse/record-reader.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import type { CellOptions, Detected, InputOptions, Known, LoadOptions } from '../options.js'

/** The options that the user gave; all other properties are detected. */
export function dialectOf({ input = {} }: Pick<LoadOptions, 'input'>): ReaderOptions {
  const { format, jsonPath } = input
  return { format, jsonPath, ...givenDialect(input) }
}

export function cellsOf({ cells, input = {} }: Pick<LoadOptions, 'cells' | 'input'>) {
  const { arrayDelimiter } = input
  return { ...cells, ...(arrayDelimiter === undefined ? {} : { arrayDelimiter }) }
}

const noDialect = {
  ...{ delimiter: null, quote: null, escape: null, header: null },
  ...{ decimalComma: null, trailingDelimiter: null },
}

export function detectedOf(
  { dialect, text: { encoding, how } }: InputReader,
  cells: CellOptions = {},
  columns: TargetSchema['columns'] = [],
): Detected {
  const known = { encoding: { value: encoding, how } }
  if (dialect === undefined) return { ...noDialect, ...known }
  const decimalComma = decimalCommaFor(dialect.decimalComma.value, cells, columns)
  return { ...dialect, decimalComma, ...known }
}

type Found = Partial<Detected> & Readonly<Partial<Record<'format' | 'compression', string | null>>>

/** The options with which another reader reads an input in the same way, without detecting anything. */
export function readAsFound(found: Found): Omit<InputOptions, 'stdin'> {
  const { format, compression, encoding, delimiter, quote, escape, header } = found
  const options = {
    // A result contains these as plain text. The options accept every text that a result may contain.
    ...{ format, compression, encoding: encoding?.value },
    ...{ delimiter: delimiter?.value, quote: quote?.value },
    // Without quotes there are no escapes.
    escape: quote?.value === '' ? null : escape?.value,
    header: header && (header.value ? 'yes' : 'no'),
    trailingDelimiter: found.trailingDelimiter?.value,
  }
  const known = Object.entries(options).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(known)
}

/** The options with which another reader reads the values of an input in the same way. @param offsets  of times, by column */
export function cellsAsFound(
  given: CellOptions = {},
  { decimalComma }: Partial<Detected> = {},
  offsets: Readonly<Record<string, string>> = {},
): CellOptions {
  return {
    ...given,
    ...(decimalComma ? { decimalComma: decimalComma.value } : {}),
    ...(Object.keys(offsets).length === 0 ? {} : { offsets }),
  }
}

/** Notices about delimited text: how it is read, and which guesses may be wrong. Empty if the user gave every setting. */
export function detectedNotices(
  { dialect, fieldCount }: InputReader,
  detected: Detected,
  isByPosition: boolean,
): string[] {
  if (dialect === undefined || fieldCount === 0) return []
  const { delimiter, quote, header } = dialect
  const isFound = [delimiter, quote, header, detected.encoding].some(({ how }) => how === 'found')
  const isDoubtful = header.how === 'found' && !header.value && isByPosition
  const doubt = `there seems to be no header, so the first record is loaded as a row: ${option('input.header')} yes leaves it out`
  return [...(isFound ? [detectedText(detected)] : []), ...(isDoubtful ? [doubt] : [])]
}

/** `delimiter ";" (found), quote "\\"" (given), …`: the first thing to check if columns do not fit. */
export function detectedText(detected: Detected): string {
  const { delimiter, quote, escape, header, decimalComma, trailingDelimiter, encoding } = detected
  const shown = (known: Known<string> | null): string => JSON.stringify(known?.value)
  const parts: readonly [what: string, known: Known<unknown> | null | false][] = [
    [`delimiter ${shown(delimiter)}`, delimiter],
    [quote?.value === '' ? 'no quotes' : `quote ${shown(quote)}`, quote],
    [`escape ${shown(escape)}`, escape?.value !== quote?.value && escape],
    [header?.value === true ? 'header' : 'no header', header],
    ['decimal comma', decimalComma?.value === true && decimalComma],
    ['trailing delimiter', trailingDelimiter?.value === true && trailingDelimiter],
    [`encoding ${encoding.value}`, encoding],
  ]
  return parts.flatMap(([what, known]) => (known ? `${what} (${known.how})` : [])).join(', ')
}
