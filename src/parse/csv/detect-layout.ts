/*
  Examines the columns of a sample to determine whether a header stands out, whether numbers have a decimal comma, and whether
  records end with a delimiter that the first record lacks.
*/
import { hasTrailingDelimiter } from './detect-dialect.js'
import type { TriedDialect } from './record-walk.js'
import { SampleRecords } from './sample-records.js'

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
  if (!records.nextRecord())
    return { standsOut: false, decimalComma: false, trailingDelimiter: false }
  const { fieldCount } = records
  const columns = Array.from({ length: Math.min(fieldCount, lookedAtColumns) }, newColumn)
  let count = 0
  let trailing = 0
  const maxRecords = Math.max(leastRecords, lookedAtFields / columns.length)
  while (count < maxRecords && records.nextRecord()) {
    count++
    if (hasTrailingDelimiter(records, fieldCount)) trailing++
    for (const [field, column] of columns.entries()) {
      if (field < records.fieldCount) {
        see(column, records.text(field).replace(/^[ \t]+|[ \t]+$/g, ''))
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

/** A number like `15`, `1.5` or `1,5`, or the beginning of another text: whole part, mark, fraction, and what follows. */
const numberParts = /^[+-]?(\d*)(.?)(\d*)(.*)$/s

function see(column: ColumnLook, text: string): void {
  if (text === '') return
  const [, whole = '', mark, fraction = '', rest] = numberParts.exec(text)!
  if (whole !== '' || (mark === '.' && fraction !== '')) column.numbers++
  else column.texts++
  if (whole !== '' && mark === '') return
  const isMarked = fraction !== '' && rest === ''
  if (isMarked && mark === ',' && whole !== '') {
    column.commas++
    if (whole.length <= 3 && fraction.length === 3) column.thousands++
  } else column.others += isMarked && mark === '.' ? Infinity : 1
}

/** True if some column holds only numbers with commas that cannot separate thousands, and no column has points in numbers. */
function hasDecimalComma(columns: readonly ColumnLook[]): boolean {
  return (
    columns.some(column => column.commas > column.thousands && column.others === 0) &&
    columns.every(column => column.others !== Infinity)
  )
}
