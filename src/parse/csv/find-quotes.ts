/*
  Finds how quotes are meant in a delimited text in which the usual reading breaks records: there may be blanks around quoted
  fields, or quotes may be ordinary characters. The result is only a proposal, and always reported.
*/
import { detectDialect, type KnownDialect } from './detect-dialect.js'
import { SampleRecords } from './sample-records.js'

/** Options with which no record is broken. */
export interface QuotesDialect {
  /** Quotes are ordinary characters. */
  readonly quote?: ''
  readonly quotes?: 'lax'
  readonly trim?: true
}

/** The same, and what was found. */
export interface FoundQuotes extends QuotesDialect {
  readonly said: string
}

const lookedAtRecords = 10_000
/** Least share of records that have as many fields as most. */
const leastAlike = 0.9

/** What a way to read quotes leads to. */
interface Reading {
  readonly broken: number
  /** Broken in a field that begins with a quote. */
  readonly misquoted: number
  readonly quoted: number
  /** Not all of it could be read. */
  readonly isUnsure: boolean
  readonly isAlike: boolean
  readonly isOneField: boolean
}

/** @returns undefined if no record is broken, or none of the readings mends all */
export function findQuotes(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  known: KnownDialect,
): FoundQuotes | undefined {
  const read = (change: Partial<KnownDialect>): Reading => {
    const dialect = detectDialect(bytes, from, isWhole, { ...known, ...change })
    return readingOf(new SampleRecords(bytes, from, isWhole, dialect))
  }
  if (known.quote !== undefined || !bytes.includes(quoteByte)) return undefined
  // Formulas that keep texts in a spreadsheet: any of the readings would load them as texts.
  if (/(?:^|[,;|\t\r\n])="/.test(Buffer.from(bytes).toString('latin1'))) return undefined
  const usual = read({})
  if (usual.broken === 0 || usual.isUnsure) return undefined
  const trimmed = read({ trim: true })
  if (trimmed.broken === 0 && trimmed.quoted > 0 && trimmed.isAlike) {
    return { trim: true, said: 'blanks surround quoted fields' }
  }
  if (usual.misquoted === 0 && usual.quoted > 0 && usual.isAlike) {
    return { quotes: 'lax', said: 'unquoted fields contain quotes' }
  }
  // Most quotes are right: one is wrong.
  if (usual.quoted > usual.misquoted) return undefined
  const plain = read({ quote: '' })
  // A single field is always alike.
  const isPlain = plain.isAlike && (!plain.isOneField || usual.misquoted + usual.quoted === 0)
  return isPlain ? { quote: '', said: 'quotes are ordinary characters' } : undefined
}

const quoteByte = 34

function readingOf(records: SampleRecords): Reading {
  const counts = new Map<number, number>()
  let count = 0
  let broken = 0
  let misquoted = 0
  let quoted = 0
  let isUnsure = false
  for (; count < lookedAtRecords && records.next(); count++) {
    counts.set(records.fieldCount, (counts.get(records.fieldCount) ?? 0) + 1)
    if (records.isBroken) broken++
    if (records.isMisquoted) misquoted++
    if (records.hasQuoted) quoted++
    isUnsure ||= records.isOverlong
  }
  const [width = 1, alike = 0] = [...counts].reduce(
    (most, next) => (next[1] > most[1] ? next : most),
    [1, 0] as const,
  )
  const isAlike = alike >= leastAlike * count
  return { broken, misquoted, quoted, isUnsure, isAlike, isOneField: width === 1 }
}

/** Without what else was found. */
export function quotesDialect({ quote, quotes, trim }: QuotesDialect): QuotesDialect {
  return {
    ...(quote === undefined ? {} : { quote }),
    ...(quotes === undefined ? {} : { quotes }),
    ...(trim === undefined ? {} : { trim }),
  }
}
