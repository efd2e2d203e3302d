/*
  Examines the columns of a sample to determine whether a header stands out, whether numbers have a decimal comma, and whether
  records end with a delimiter that the first record lacks.
*/
import { hasTrailingDelimiter } from './detect-dialect.js'
import { trimmedEnd, trimmedStart } from '../cells/cell-bytes.js'
import { SampleRecords, type TriedDialect } from './sample-records.js'

/** Limit of the fields to examine, because records may be very wide. */
const lookedAtFields = 600
const leastRecords = 20
const lookedAtColumns = 200

export interface Layout {
  /** True if some column has numbers or dates, but no text, after the first record. */
  readonly standsOut: boolean
  readonly decimalComma: boolean
  readonly trailingDelimiter: boolean
}

/** The first three parameters are those of `detectDialect`. @param dialect  the dialect that `detectDialect` found */
export function detectLayout(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  dialect: TriedDialect,
): Layout {
  const records = new SampleRecords(bytes, from, isWhole, dialect)
  if (!records.next()) return { standsOut: false, decimalComma: false, trailingDelimiter: false }
  const { fieldCount } = records
  const columns = Array.from({ length: Math.min(fieldCount, lookedAtColumns) }, newColumn)
  let count = 0
  let trailing = 0
  const maxRecords = Math.max(leastRecords, lookedAtFields / columns.length)
  while (count < maxRecords && records.next()) {
    count++
    if (hasTrailingDelimiter(records, fieldCount)) trailing++
    for (const [field, column] of columns.entries()) {
      if (field < records.fieldCount) {
        see(column, records.bytes, records.starts[field]!, records.ends[field]!)
      }
    }
  }
  return {
    standsOut: columns.some(({ numbers, texts }) => numbers > 0 && texts === 0),
    decimalComma: hasDecimalComma(columns),
    trailingDelimiter: trailing > count / 2,
  }
}

/** Kinds of the fields in one column. Empty fields do not count. */
interface ColumnLook {
  numbers: number
  texts: number
  /** How many fields are numbers like `1,5`, and in how many of these the comma may separate thousands. */
  commas: number
  thousands: number
  /** Number of fields that are neither like `15` nor like `1,5`; Infinity if a field has a decimal point. */
  others: number
}

function newColumn(): ColumnLook {
  return { numbers: 0, texts: 0, commas: 0, thousands: 0, others: 0 }
}

const zero = 48
const nine = 57
const comma = 44
const point = 46
const plus = 43
const minus = 45

/** Uses no regular expressions, because compiling them would take longer than reading all rows of a small file. */
function see(column: ColumnLook, bytes: Uint8Array, start: number, end: number): void {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  if (first === last) return
  const whole = bytes[first] === plus || bytes[first] === minus ? first + 1 : first
  const mark = digitsEnd(bytes, whole, last)
  const isPoint = mark < last && bytes[mark] === point
  const fraction = Math.min(mark + 1, last)
  const fractionEnd = digitsEnd(bytes, fraction, last)
  if (mark > whole || (isPoint && fractionEnd > fraction)) column.numbers++
  else column.texts++
  if (mark === last && mark > whole) return
  const isMarked = fractionEnd === last && fraction < last
  if (isMarked && bytes[mark] === comma && mark > whole) {
    column.commas++
    if (mark - whole <= 3 && last - fraction === 3) column.thousands++
  } else column.others += isMarked && isPoint ? Infinity : 1
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  while (p < end && bytes[p]! >= zero && bytes[p]! <= nine) p++
  return p
}

/** True if some column holds only numbers with commas that cannot separate thousands, and no column has points in numbers. */
function hasDecimalComma(columns: readonly ColumnLook[]): boolean {
  return (
    columns.some(column => column.commas > column.thousands && column.others === 0) &&
    columns.every(column => column.others !== Infinity)
  )
}
