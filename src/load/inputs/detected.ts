/*
  Describes the detected properties of an input, for the result and for the user.
*/
import { option } from '../../errors.js'
import { decimalCommaFor } from '../../parse/csv/row-target.js'
import type { InputReader } from '../../parse/input-reader.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CellOptions, Detected, InputOptions, Known } from '../options.js'

export interface DetectedRules {
  readonly cells?: CellOptions | undefined
  readonly columns?: readonly TargetColumn[]
}

export function detectedOf(reader: InputReader, rules: DetectedRules = {}): Detected {
  const { dialect, text } = reader
  return {
    delimiter: dialect?.delimiter ?? null,
    quote: dialect?.quote ?? null,
    escape: dialect?.escape ?? null,
    header: dialect?.header ?? null,
    decimalComma:
      dialect === undefined
        ? null
        : decimalCommaFor(dialect.decimalComma.value, rules.cells ?? {}, rules.columns ?? []),
    trailingDelimiter: dialect?.trailingDelimiter ?? null,
    encoding: { value: text.encoding, how: text.how },
  }
}

/** What a result says about the reading of an input. */
type Found = Partial<Detected> & Readonly<Partial<Record<'format' | 'compression', string | null>>>

/** The options with which another run reads an input in the same way, without detecting anything. */
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

/**
 * The options with which another run reads the values of an input in the same way.
 * @param offsets  of times, by column
 */
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

/**
 * Notices about delimited text: how it is read, and which guesses may be wrong. Empty if the user gave every setting.
 * @param isByPosition  fields are matched by position because the user asked for that
 */
export function detectedNotices(
  reader: InputReader,
  detected: Detected,
  isByPosition: boolean,
): string[] {
  const { dialect } = reader
  if (dialect === undefined || reader.fieldCount === 0) return []
  const { header } = dialect
  const notices: string[] = []
  const named = [dialect.delimiter, dialect.quote, header, detected.encoding]
  if (named.some(({ how }) => how === 'found')) notices.push(detectedText(detected))
  if (header.how === 'found' && !header.value && isByPosition) {
    notices.push(
      `there seems to be no header, so the first record is loaded as a row: ${option('input.header')} yes leaves it out`,
    )
  }
  return notices
}

/** `delimiter ";" (found), quote "\"" (given), …`: the first thing to check if columns do not fit. */
export function detectedText(detected: Detected): string {
  const { delimiter, quote, escape, header, decimalComma, trailingDelimiter, encoding } = detected
  const parts = [
    delimiter && told(`delimiter ${shown(delimiter.value)}`, delimiter),
    quote && told(quote.value === '' ? 'no quotes' : `quote ${shown(quote.value)}`, quote),
    escape && escape.value !== quote?.value && told(`escape ${shown(escape.value)}`, escape),
    header && told(header.value ? 'header' : 'no header', header),
    decimalComma?.value === true && told('decimal comma', decimalComma),
    trailingDelimiter?.value === true && told('trailing delimiter', trailingDelimiter),
    told(`encoding ${encoding.value}`, encoding),
  ]
  return parts.filter(part => typeof part === 'string').join(', ')
}

function told(what: string, { how }: Known<unknown>): string {
  return `${what} (${how})`
}

function shown(text: string): string {
  return JSON.stringify(text)
}
