/*
  Finds the meaning of quotes in a delimited text in which the usual meaning breaks records. There may be blanks around quoted
  fields, or quotes may be ordinary characters. The result is only a proposal, and the program always reports it.
*/
import type { FoundQuotes } from './csv-dialect.js'
import { detectDialect, surveyOf, type KnownDialect, type Survey } from './detect-dialect.js'
import type { Sample } from './sample.js'

const lookedAtRecords = 10_000
/** Smallest share of records that must have the most common number of fields. */
const leastAlike = 0.9

const quoteByte = 34

/** @returns undefined if no record is broken, or if no options mend all records */
export function findQuotes(sample: Sample, known: KnownDialect): FoundQuotes | undefined {
  const { bytes } = sample
  const read = (change: Partial<KnownDialect>): Survey =>
    surveyOf(sample, detectDialect(sample, { ...known, ...change }), lookedAtRecords, false)
  const isAlike = ({ mode, records }: Survey): boolean => mode[1] >= leastAlike * records
  if (known.quote !== undefined || !bytes.includes(quoteByte)) return undefined
  if (/(?:^|[,;|\t\r\n])="/.test(Buffer.from(bytes).toString('latin1'))) {
    return { quotes: 'excel', said: 'fields contain formulas such as ="1"' }
  }
  const usual = read({})
  if (usual.broken === 0 || usual.isUnsure) return undefined
  const trimmed = read({ trim: true })
  if (trimmed.broken === 0 && trimmed.quoted > 0 && isAlike(trimmed)) {
    return { trim: true, said: 'blanks surround quoted fields' }
  }
  if (usual.misquoted === 0 && usual.quoted > 0 && isAlike(usual)) {
    return { quotes: 'lax', said: 'unquoted fields contain quotes' }
  }
  // If more records are quoted correctly, the misquoted ones are mistakes, not another dialect.
  if (usual.quoted > usual.misquoted) return undefined
  const plain = read({ quote: '' })
  // Records of a single field always have equally many fields, which proves nothing if there are quotes.
  const isProof = plain.mode[0] > 1 || usual.misquoted + usual.quoted === 0
  const said = 'quotes are ordinary characters'
  return isProof && isAlike(plain) ? { quote: '', said } : undefined
}
