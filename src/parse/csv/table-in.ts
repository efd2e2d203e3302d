/*
  Looks for a table in the sample of a delimited text: its place, and the meaning of its quotes.
*/
import type { DialectOptions } from './csv-dialect.js'
import { findQuotes, quotesDialect } from './find-quotes.js'
import { findTable, tableDialect, type FoundTable } from './find-table.js'
import { afterLines } from './sample-records.js'

type TableOptions = { readonly [K in keyof DialectOptions]?: DialectOptions[K] | undefined } & {
  readonly format?: string
}

/** @returns undefined after a line `sep=;`, or if neither a table nor an unusual meaning of quotes was found */
export function tableIn(
  bytes: Uint8Array,
  isWhole: boolean,
  { delimiter, format, quote, escape, header, ...given }: TableOptions,
): { readonly found: FoundTable; readonly dialect: DialectOptions } | undefined {
  if (separatorLine(bytes) !== undefined) return undefined
  const { comment, skipLines, trim } = given
  const known = {
    ...{ quote, escape, trim: trim ?? false },
    delimiter: delimiter ?? (format === 'tsv' ? '\t' : undefined),
  }
  const from = afterLines(bytes, skipLines ?? 0)
  const usual = { ...known, comment: comment ?? '' }
  const isLeft = trim === undefined && given.quotes === undefined
  const quotes = isLeft ? findQuotes(bytes, from, isWhole, usual) : undefined
  const table = findTable(bytes, isWhole, {
    ...{ ...known, ...quotesDialect(quotes ?? {}), comment, skipLines },
    ragged: given.ragged,
    hasHeader: header === undefined || header === 'auto' ? undefined : header === 'yes',
  })
  if (quotes === undefined && table === undefined) return undefined
  const said = [...(quotes === undefined ? [] : [quotes.said]), ...(table?.said ?? [])]
  const found = { ...table, ...quotesDialect(quotes ?? {}), said }
  return { found, dialect: tableDialect(found) }
}

/** The delimiter in a first line `sep=;`, which spreadsheets write and read. */
export function separatorLine(bytes: Uint8Array): string | undefined {
  const line = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  return /^sep=([^\r\n])(?:[\r\n]|$)/i.exec(line)?.[1]
}
