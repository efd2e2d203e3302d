/*
  Finds the meaning of quotes in a delimited text in which the usual meaning breaks records. There may be blanks around quoted
  fields, or quotes may be ordinary characters. The result is only a proposal, and the program always reports it.
*/
import { detectDialect, type KnownDialect } from './detect-dialect.js'
import { mostCommon, SampleRecords } from './sample-records.js'

/** Options with which every record of the sample can be read. */
export interface QuotesDialect {
  /** Set if quotes are ordinary characters. */
  readonly quote?: ''
  readonly quotes?: 'lax' | 'excel'
  readonly trim?: true
}

/** The options, with a sentence that explains them. */
export interface FoundQuotes extends QuotesDialect {
  readonly said: string
}

const lookedAtRecords = 10_000
/** Smallest share of records that must have the most common number of fields. */
const leastAlike = 0.9

/** The result of one way to read quotes. */
interface Reading {
  readonly broken: number
  /** Number of broken records whose fault is in a field that begins with a quote. */
  readonly misquoted: number
  readonly quoted: number
  /** True if the sample could not be read completely. */
  readonly isUnsure: boolean
  readonly isAlike: boolean
  readonly isOneField: boolean
}

/** @returns undefined if no record is broken, or if no options mend all records */
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
  if (/(?:^|[,;|\t\r\n])="/.test(Buffer.from(bytes).toString('latin1'))) {
    return { quotes: 'excel', said: 'fields contain formulas such as ="1"' }
  }
  const usual = read({})
  if (usual.broken === 0 || usual.isUnsure) return undefined
  const trimmed = read({ trim: true })
  if (trimmed.broken === 0 && trimmed.quoted > 0 && trimmed.isAlike) {
    return { trim: true, said: 'blanks surround quoted fields' }
  }
  if (usual.misquoted === 0 && usual.quoted > 0 && usual.isAlike) {
    return { quotes: 'lax', said: 'unquoted fields contain quotes' }
  }
  // If more records are quoted correctly, the misquoted ones are mistakes, not another dialect.
  if (usual.quoted > usual.misquoted) return undefined
  const plain = read({ quote: '' })
  // Records of a single field always have equally many fields, which proves nothing if there are quotes.
  const isPlain = plain.isAlike && (!plain.isOneField || usual.misquoted + usual.quoted === 0)
  return isPlain ? { quote: '', said: 'quotes are ordinary characters' } : undefined
}

const quoteByte = 34

function readingOf(records: SampleRecords): Reading {
  const widths: number[] = []
  let broken = 0
  let misquoted = 0
  let quoted = 0
  let isUnsure = false
  for (const record of records.first(lookedAtRecords)) {
    widths.push(record.fieldCount)
    if (record.isBroken) broken++
    if (record.isMisquoted) misquoted++
    if (record.hasQuoted) quoted++
    isUnsure ||= record.isOverlong
  }
  const [width, alike] = mostCommon(widths)
  const isAlike = alike >= leastAlike * widths.length
  return { broken, misquoted, quoted, isUnsure, isAlike, isOneField: width === 1 }
}

/** The options without their sentence. */
export function quotesDialect({ said: _, ...options }: Partial<FoundQuotes>): QuotesDialect {
  return options
}
