/*
  Formats of dates and times as people write them. Some formats differ only in the order of their fields. If two formats fit all
  texts, the user has to choose.
*/
import { parsePattern, PatternFormat } from '../parse/cells/pattern-format.js'
import type { RecordBlock } from '../parse/record-block.js'
import type { DataType } from '../protocol/data-type.js'
import type { TriedType } from './candidate-types.js'

const orders = (sign: string): string[] =>
  [
    ['dd', 'MM', 'yyyy'],
    ['MM', 'dd', 'yyyy'],
    ['yyyy', 'MM', 'dd'],
    ['dd', 'MM', 'yy'],
    ['MM', 'dd', 'yy'],
    ['yy', 'MM', 'dd'],
  ].map(fields => fields.join(sign))

const days = [
  ...['/', '-', '.'].flatMap(orders),
  ...['-', ' ', '/', ''].flatMap(sign => [`dd${sign}MMM${sign}yyyy`, `dd${sign}MMM${sign}yy`]),
  ...['MMM dd, yyyy', 'MMM dd yyyy', 'yyyy-MMM-dd', 'yyyy年MM月dd日', 'yyyyMMdd'],
]

const times: readonly (readonly [
  format: string,
  type: 'MINUTE' | 'SECOND' | 'TIME' | 'NANOTIME',
])[] = [
  ['HH:mm', 'MINUTE'],
  ['HH:mm:ss', 'SECOND'],
  ['HH:mm:ss.SSS', 'TIME'],
  ['HH:mm:ss.nnnnnn', 'NANOTIME'],
  ['hh:mm aa', 'MINUTE'],
  ['hh:mmaa', 'MINUTE'],
  ['hh:mm:ss aa', 'SECOND'],
  ['hh:mm:ssaa', 'SECOND'],
  ['HHmmssSSS', 'TIME'],
  ['HHmmss', 'SECOND'],
]

/** Type of a time of day → type of a date with such a time. */
const withDay: Readonly<Record<(typeof times)[number][1], DataType>> = {
  MINUTE: 'DATETIME',
  SECOND: 'DATETIME',
  TIME: 'TIMESTAMP',
  NANOTIME: 'NANOTIMESTAMP',
}

interface WrittenDate extends TriedType {
  readonly format: string
  readonly reader: PatternFormat
}

function written(type: DataType, format: string): WrittenDate {
  const parts = parsePattern(format)
  if (typeof parts === 'string') throw new TypeError(parts)
  return { type, format, reader: new PatternFormat(parts) }
}

let all: readonly WrittenDate[] | undefined

/** Builds the formats on first use. */
function writtenDates(): readonly WrittenDate[] {
  all ??= [
    ...times
      .filter(([format]) => format.includes(':'))
      .map(([format, type]) => written(type, format)),
    ...['MMM yyyy', 'MMM-yyyy'].map(format => written('MONTH', format)),
    ...days.flatMap(day => [
      ...(day === 'yyyyMMdd' ? [] : [written('DATE', day)]),
      ...times.flatMap(([format, type]) => {
        // A date and its time of day both have separators, or both have none. A T may stand between date and time.
        const isDigits = !format.includes(':')
        if (isDigits !== (day === 'yyyyMMdd')) return []
        const blank = written(withDay[type], `${day} ${format}`)
        return isDigits ? [blank, written(withDay[type], `${day}'T'${format}`)] : [blank]
      }),
    ]),
  ]
  return all
}

/** How many first texts of a field to examine. Formats that fit none of them are not tried with the whole column. */
const firstTexts = 5

/** Lists the formats that fit at least one of a field's first texts, preferred formats first. */
export function formatsFor(block: RecordBlock, field: number): readonly TriedType[] {
  const { bytes, starts, ends, fieldCount, rowCount } = block
  const found = new Set<WrittenDate>()
  let left = firstTexts
  for (let row = 0, cell = field; row < rowCount && left > 0; row++, cell += fieldCount) {
    const start = starts[cell]!
    const end = ends[cell]!
    if (start === end) continue
    left--
    for (const one of writtenDates()) if (one.reader.read(bytes, start, end) === 0) found.add(one)
  }
  // Also tries TIMESTAMP, because DATETIME does not hold every year.
  return [...found].flatMap(({ type, format }) =>
    (type === 'DATETIME' ? (['DATETIME', 'TIMESTAMP'] as const) : [type]).map(one => ({
      type: one,
      format,
    })),
  )
}
