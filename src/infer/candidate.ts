/* The readings to try with each column: types, and the options that some of them need. CHAR, SHORT and FLOAT are never tried, because later
   values might not fit them. A candidate tries a reading with the cell readers of `load`, so that both accept the same texts. Dates and
   times written only as digits may also be numbers, so the column's name matters, too. */
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import { everyColumn, formatsDropping, formatsReading } from '../parse/times/date-format.js'
import { patternLetters } from '../parse/times/time-pattern.js'
import type { RecordBlock } from '../parse/record-block.js'
import type { ColumnType, DataType } from '../protocol/data-type.js'
import { clippedText } from '../parse/cells/cell-bytes.js'
import { BufferPool } from '../parse/columns/fixed-column.js'
import type { ColumnBuilder } from '../parse/columns/column-builder.js'
import { columnBuilder } from '../parse/types/column-types.js'
import { type TimeRange, unitsPerDay, widened } from './time-range.js'
import { shapes, type TextFacts } from './text-facts.js'

/** Formats that plain numbers are unlikely to fit. The column's name then need not suggest a date or time. */
const sureFormats = ['yyyyMMdd', 'yyyyMMddHHmmssSSS', 'yyyyMMddHHmmss']
const counts = ['epoch:s', 'epoch:ms', 'epoch:us', 'epoch:ns']
/** Digits of the time 1:00 in each format. If all numbers of a column have fewer, they may be plain numbers. */
const hourDigits: Readonly<Record<string, number>> = { HHmmssSSS: 8, HHmmss: 5 }

/** Formats of digits, preferred ones first. */
const digitFormats: readonly string[] = [
  ...[...sureFormats, ...counts, ...Object.keys(hourDigits)],
  ...['ddMMyyyy', 'MMddyyyy', 'yyMMdd', 'ddMMyy', 'MMddyy'],
]

const dayNumber = (year: number): number => Date.UTC(year, 0, 1) / 86_400_000
/** A format with a four-digit year fits only if the year is 1900 to 2100; a count since 1970 if it is 1990 to 2100. */
const firstDay = dayNumber(1900)
const firstCountedDay = dayNumber(1990)
const lastDay = dayNumber(2101) - 1

// 时间, 時間, 时刻, 時刻: escaped, because one of the bundles must be ASCII, and the bundler does not escape patterns.
const timeName = /time|\u65f6\u95f4|\u6642\u9593|\u65f6\u523b|\u6642\u523b|(?:^|_)t[ms]?$/i
const noTimeName = /timeout|times|timezone|uptime|lifetime|runtime|elapsed|duration/i
const codeName =
  /(?:^|_)(?:id|no|code|key|num|number|seq)$|[a-z](?:ID|Id|No|Code|Key|Num|Seq)$|\u7f16\u53f7|\u4ee3\u7801|\u7de8\u865f|\u4ee3\u78bc|\u5e8f\u53f7|\u55ae\u865f|\u5355\u53f7|\u8d26\u53f7/i

/** A name that the program gave to a field of a file without names, or to an element of an array. */
const givenName = /^c(?:ol)?\d+$/

const isTimeName = (name: string): boolean => timeName.test(name) && !noTimeName.test(name)

interface NamedDigits {
  readonly name: string
  readonly facts: Pick<TextFacts, 'most'>
}

/** The formats worth trying: all with the user's type; otherwise only a name, or the lack of one, lets counts be more than numbers. */
export function digitFormatsFor(name: string, isTyped: boolean): readonly string[] {
  if (isTyped || isTimeName(name) || /date/i.test(name)) return digitFormats
  return digitFormats.filter(
    format => (givenName.test(name) || !counts.includes(format)) && !(format in hourDigits),
  )
}

/** False for digits that the candidate's format makes unusual years. */
export function isUsualTime({ format = '', days }: Candidate): boolean {
  const isCount = counts.includes(format)
  if (!isCount && !(digitFormats.includes(format) && format.includes('yyyy'))) return true
  const first = isCount ? firstCountedDay : firstDay
  return days !== undefined && days.first >= first && days.last <= lastDay
}

const formatsOf = (fitting: readonly Candidate[]): string[] =>
  digitFormats.filter(format => fitting.some(one => one.format === format && isUsualTime(one)))

/** The format of the digits among those of the candidates; undefined if the digits may also be numbers. */
export function digitFormat(
  { name, facts }: NamedDigits,
  fitting: readonly Candidate[],
): string | undefined {
  if (codeName.test(name)) return undefined
  const formats = formatsOf(fitting)
  const sure = formats.find(format => sureFormats.includes(format))
  const [first, ...others] = formats.filter(format => format in hourDigits)
  if (sure !== undefined || first === undefined || others.length > 0 || !isTimeName(name))
    return sure
  return facts.most(shapes.wholeDigits) >= hourDigits[first]! ? first : undefined
}

/** Nearly any number could be a time of day without leading zeros, so the name and the digits have to suggest one. */
const isLikely = (format: string, { name, facts }: NamedDigits): boolean =>
  !(format in hourDigits) ||
  (isTimeName(name) && facts.most(shapes.wholeDigits) >= hourDigits['HHmmss']!)

/** The formats of the candidates that a warning should mention. */
export function likelyFormats(digits: NamedDigits, fitting: readonly Candidate[]): string[] {
  return formatsOf(fitting).filter(format => isLikely(format, digits))
}

/** The user's format for the column. One for all columns does not count if it is `epoch…`, `excel…` or an unlikely time of day. */
export function givenFormat(
  digits: NamedDigits,
  { dateFormats = {} }: CellRules,
): string | undefined {
  if (Object.hasOwn(dateFormats, digits.name)) return dateFormats[digits.name]
  const every = Object.hasOwn(dateFormats, everyColumn) ? dateFormats[everyColumn] : undefined
  return every === undefined || /^e/.test(every) || !isLikely(every, digits) ? undefined : every
}

/** A type to try, and the options without which `load` does not read the texts; empty for the type's usual notation. */
export interface Reading {
  readonly type: ColumnType
  readonly options: CellOptions
}

export const plain: CellOptions = {}

const ofTypes = (text: string, array = false): readonly Reading[] =>
  text
    .split(' ')
    .map(type => ({ type: { type: type as DataType, ...(array && { array }) }, options: plain }))

/** Readings to try with every column, narrower types first. */
export const plainReadings = ofTypes(
  'BOOL INT LONG DOUBLE MINUTE SECOND TIME NANOTIME MONTH DATE DATEHOUR DATETIME TIMESTAMP NANOTIMESTAMP UUID IPADDR',
)

export const arrayReadings = ofTypes('BOOL INT LONG DOUBLE DATE TIMESTAMP', true)

/** Thousands separators found in files, including non-breaking blanks. */
const groupSigns = [' ', "'", '\u00a0', '\u202f', '\u2019']

/** Notations of numbers that `load` reads with options, preferred ones first: `1,234` rather counts as 1234 than as 1.234. */
export function notationReadings(columnName: string): Reading[] {
  const decimalComma = true
  const all: CellOptions[] = [
    { thousands: ',' },
    { decimalComma },
    { thousands: '.', decimalComma },
    ...groupSigns.flatMap(thousands => [{ thousands }, { thousands, decimalComma }]),
  ]
  const numbers = ofTypes('INT LONG DOUBLE')
  const percentages = [plain, ...all].map(one => ({ ...one, percentColumns: [columnName] }))
  return [
    ...all.flatMap(options => numbers.map(({ type }) => ({ type, options }))),
    ...percentages.map((options): Reading => ({ type: { type: 'DOUBLE' }, options })),
  ]
}

/** Types that hold what the format reads, narrower types first. */
export function typesOfFormat(format: string): DataType[] {
  if (format.startsWith('excel')) return ['DATE', 'DATETIME', 'TIMESTAMP']
  if (format === 'epoch:s') return ['DATETIME', 'TIMESTAMP']
  if (format.startsWith('epoch:')) return ['TIMESTAMP', 'NANOTIMESTAMP']
  const letters = patternLetters(format)
  const has = (letter: string): boolean => letters.includes(letter)
  if (has('d')) {
    if (has('n')) return ['NANOTIMESTAMP']
    if (has('S')) return ['TIMESTAMP']
    return has('H') || has('h') ? ['DATETIME', 'TIMESTAMP'] : ['DATE']
  }
  if (has('M')) return ['MONTH']
  if (has('n')) return ['NANOTIME']
  return has('S') ? ['TIME'] : has('s') ? ['SECOND'] : ['MINUTE']
}

export function formatReadings(columnName: string, formats: readonly string[]): Reading[] {
  return formats.flatMap(format => {
    const options = { dateFormats: { [columnName]: format } }
    return typesOfFormat(format).map(type => ({ type: { type }, options }))
  })
}

/** How many first texts of a field to examine. Formats that fit none of them are not tried with the whole column. */
const firstTexts = 5

function firstCells({ starts, ends, fieldCount, rowCount }: RecordBlock, field: number): number[] {
  const cells = Array.from({ length: rowCount }, (_, row) => row * fieldCount + field)
  return cells.filter(cell => starts[cell] !== ends[cell]).slice(0, firstTexts)
}

/** Lists the formats that fit at least one of a field's first texts, preferred formats first. */
export function formatsIn(block: RecordBlock, field: number): readonly string[] {
  const { bytes, starts, ends } = block
  const found = new Set(
    firstCells(block, field).flatMap(cell => formatsReading(bytes, starts[cell]!, ends[cell]!)),
  )
  // Programs that write no fraction for whole seconds write both.
  const both = [...found].filter(one => one.endsWith('.SSS') && found.has(one.slice(0, -4)))
  return [...found, ...both.map(one => `${one.slice(0, -4)}[.SSS]`)]
}

/** Formats for times with more digits of a second than the type keeps. */
export function formatsDroppingIn(
  block: RecordBlock,
  field: number,
  type: DataType,
  isZoned: boolean,
): string[] {
  const { bytes, starts, ends } = block
  const index = type === 'TIMESTAMP' || type === 'TIME' ? 0 : 1
  const texts = firstCells(block, field).map(cell =>
    Buffer.from(bytes.subarray(starts[cell], ends[cell])).toString('latin1'),
  )
  return [...new Set(texts.flatMap(text => formatsDropping(text, isZoned)[index] ?? []))]
}

/** In each list, a type can hold every value of the types before it. */
const widerTypes: readonly (readonly DataType[])[] = [
  ['DATE', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'],
  ['MINUTE', 'SECOND', 'TIME', 'NANOTIME'],
]

export const isNumber = ({ type, array }: ColumnType): boolean =>
  array !== true && numbers.test(type)
const numbers = /^(?:CHAR|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL\d+)$/

/** The readings as the user's type, which also holds all values of narrower types; each set of options once. */
export function readingsAs(said: ColumnType, readings: readonly Reading[]): Reading[] {
  const order = widerTypes.find(types => types.includes(said.type)) ?? [said.type]
  const held = order.slice(0, order.indexOf(said.type) + 1)
  const found = new Map<string, Reading>()
  for (const { type, options } of readings) {
    const isHeld = options.dateFormats
      ? held.includes(type.type)
      : options === plain || isNumber({ type: said.type })
    if (isHeld) found.set(JSON.stringify(options), { type: said, options })
  }
  return [...found.values()]
}

/** A type is dropped once it has refused more than `fewOdd` texts, and more than one in `oddShare` texts. */
const oddShare = 4
const fewOdd = 2
/** If a type was tried with at least this many texts, up to one refused text in `slipShare` counts as a mistake. */
const fewestTried = 100
const slipShare = 100

/** Shared by all candidates, because they read one after the other and keep no arrays of a block. */
const pool = new BufferPool()

/** Adds options to those that are there: to lists and records, for others in their place. */
export function withOptions<Rules extends CellOptions>(rules: Rules, options: CellOptions): Rules {
  const all = { ...rules } as Record<string, unknown>
  for (const [name, value] of Object.entries(options)) {
    const before = all[name]
    if (Array.isArray(value)) all[name] = [...new Set([before ?? [], value].flat())]
    else if (typeof value === 'object') all[name] = { ...(before as object), ...value }
    else all[name] = value
  }
  return all as Rules
}

export class Candidate implements Reading {
  readonly type: ColumnType
  readonly options: CellOptions
  /** The date format among these options. */
  readonly format: string | undefined
  /** Number of cells tried, without nulls. */
  tried = 0
  refused = 0
  /** The first refused text, and whether some other differs from it. */
  firstOdd:
    { readonly file: string; readonly lineNumber: number; readonly text: string } | undefined
  hasOtherOdds = false
  range: TimeRange | undefined
  readonly #builder: ColumnBuilder

  /** @param name  of the column in rules @throws {UsageError} DDB_USAGE for rules that do not suit the type */
  constructor(name: string, { type, options }: Reading, rules: CellRules) {
    this.type = type
    this.options = options
    this.format = options.dateFormats?.[name]
    this.#builder = columnBuilder({ name, type }, pool, withOptions(rules, options))
  }

  /** True if `load` reads the texts without options. */
  get isPlain(): boolean {
    return Object.keys(this.options).length === 0
  }

  /** First and last day, in days since 1970; undefined for types without a date. */
  get days(): { readonly first: number; readonly last: number } | undefined {
    const units = unitsPerDay(this.type.type)
    if (units === undefined || this.range === undefined) return undefined
    const { min, max } = this.range
    return { first: Math.floor(Number(min) / units), last: Math.floor(Number(max) / units) }
  }

  /** True if options name another notation of numbers. */
  get isNotation(): boolean {
    return !this.isPlain && this.format === undefined
  }

  get results() {
    const { tried, refused, firstOdd, hasOtherOdds } = this
    return { tried, refused, firstOdd, hasOtherOdds }
  }

  /** True if the type has accepted every text so far, and some text is a value. */
  get fits(): boolean {
    return this.refused === 0 && this.tried > 0
  }

  /** True if the type has refused too many texts to be worth trying further. */
  get isRuledOut(): boolean {
    return this.refused > fewOdd && this.refused * oddShare > this.tried
  }

  /** True if the type accepts nearly every text. The few refused texts may be mistakes, or mean null. */
  get isNear(): boolean {
    const { tried, refused } = this
    const isFew = refused * 10 <= tried || refused * 2 < Math.min(tried, 2 * fewOdd + 1)
    return isFew && refused > 0 && !this.isRuledOut
  }

  /** True if the type refused so few texts that they count as mistakes. */
  get fitsNearly(): boolean {
    const { tried, refused } = this
    return refused > 0 && tried >= fewestTried && refused * slipShare <= tried
  }

  read(block: RecordBlock, field: number, file: string): void {
    const { rowCount } = block
    const nulls = this.#builder.read(block, field, 0)
    const refusedBefore = this.refused
    if (block.refusedCount > 0) this.#refuse(block, field, file)
    this.tried += rowCount - nulls + this.refused - refusedBefore
    const buffers: ArrayBuffer[] = []
    const column = this.#builder.take(rowCount, buffers)
    this.range = widened(this.range, column, rowCount)
    for (const buffer of buffers) pool.give(buffer)
  }

  #refuse(block: RecordBlock, field: number, file: string): void {
    const { bytes, starts, ends, fieldCount, refusedBy, lineNumbers, rowCount } = block
    for (let row = 0; row < rowCount; row++) {
      if (refusedBy[row] === 0) continue
      this.refused++
      if (this.hasOtherOdds) continue
      const cell = row * fieldCount + field
      const text = clippedText(bytes, starts[cell]!, ends[cell]!)
      this.firstOdd ??= { file, lineNumber: lineNumbers[row]!, text }
      this.hasOtherOdds = text !== this.firstOdd.text
    }
    block.forgive()
  }
}
