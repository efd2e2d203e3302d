/*
  Recognizes dates and times written only as digits. Such digits may also be numbers, so the column's name matters, too.
*/
import { parsePattern, PatternFormat } from '../parse/cells/pattern-format.js'
import type { DataType } from '../protocol/data-type.js'

export interface DigitFormat {
  readonly format: string
  /** Narrower types first. */
  readonly types: readonly DataType[]
  readonly fewest: number
  readonly most: number
  /** True if plain numbers are unlikely to fit. The column's name then need not suggest a date or time. */
  readonly isSure: boolean
}

/** Formats, preferred ones first. */
const formats: readonly DigitFormat[] = [
  { format: 'yyyyMMdd', types: ['DATE'], fewest: 8, most: 8, isSure: true },
  { format: 'yyyyMMddHHmmssSSS', types: ['TIMESTAMP'], fewest: 17, most: 17, isSure: true },
  {
    format: 'yyyyMMddHHmmss',
    types: ['DATETIME', 'TIMESTAMP'],
    fewest: 14,
    most: 14,
    isSure: true,
  },
  { format: 'HHmmssSSS', types: ['TIME'], fewest: 1, most: 9, isSure: false },
  { format: 'HHmmss', types: ['SECOND'], fewest: 1, most: 6, isSure: false },
  { format: 'ddMMyyyy', types: ['DATE'], fewest: 8, most: 8, isSure: false },
  { format: 'MMddyyyy', types: ['DATE'], fewest: 8, most: 8, isSure: false },
  { format: 'yyMMdd', types: ['DATE'], fewest: 6, most: 6, isSure: false },
  { format: 'ddMMyy', types: ['DATE'], fewest: 6, most: 6, isSure: false },
  { format: 'MMddyy', types: ['DATE'], fewest: 6, most: 6, isSure: false },
]

const readers = formats.map(({ format }) => {
  const parts = parsePattern(format)
  if (typeof parts === 'string') throw new TypeError(parts)
  return new PatternFormat(parts)
})

/** A format with a four-digit year fits only if the year is 1900 to 2100. */
const firstDay = Date.UTC(1900, 0, 1) / 86_400_000
const lastDay = Date.UTC(2101, 0, 1) / 86_400_000 - 1

// 时间, 時間, 时刻, 時刻: escaped, because one of the bundles must be ASCII, and the bundler does not escape patterns.
const timeName = /time|\u65f6\u95f4|\u6642\u9593|\u65f6\u523b|\u6642\u523b|(?:^|_)t[ms]?$/i
const noTimeName = /timeout|times|timezone|uptime|lifetime|runtime|elapsed|duration/i
const codeName =
  /(?:^|_)(?:id|no|code|key|num|number|seq)$|[a-z](?:ID|Id|No|Code|Key|Num|Seq)$|\u7f16\u53f7|\u4ee3\u7801|\u7de8\u865f|\u4ee3\u78bc|\u5e8f\u53f7|\u55ae\u865f|\u5355\u53f7|\u8d26\u53f7/i
/** Digits of the time 1:00 in each format. If all texts of a column are shorter, they may be plain numbers. */
const hourDigits: Readonly<Record<string, number>> = { HHmmssSSS: 8, HHmmss: 5 }

export class DigitTimes {
  /** A bit for each format that has fitted every text so far. */
  #fits = 2 ** formats.length - 1
  #mostDigits = 0
  #hasOthers = false

  /** Formats that fit every text; none if some text is not digits. */
  get fitting(): readonly DigitFormat[] {
    return this.#hasOthers ? [] : this.fittingDigits
  }

  /** Formats that fit all texts of digits. Ignores all other texts. */
  get fittingDigits(): readonly DigitFormat[] {
    if (this.#mostDigits === 0) return []
    return formats.filter((_, i) => (this.#fits & (1 << i)) !== 0)
  }

  /** Examines one text without surrounding blanks. */
  look(bytes: Uint8Array, start: number, end: number): void {
    if (this.#fits === 0) return
    if (!areDigits(bytes, start, end)) {
      this.#hasOthers = true
      return
    }
    const length = end - start
    for (let i = 0; i < formats.length; i++) {
      if ((this.#fits & (1 << i)) === 0) continue
      const { fewest, most } = formats[i]!
      const isDate = length >= fewest && length <= most && suits(i, bytes, start, end)
      if (!isDate) this.#fits &= ~(1 << i)
    }
    if (length > this.#mostDigits) this.#mostDigits = length
  }

  /**
   * The format of the digits; undefined if they may also be numbers. @param name  of the column
   * @param fitting  formats to choose from; default those that fit every text
   */
  formatFor(name: string, fitting = this.fitting): DigitFormat | undefined {
    if (codeName.test(name)) return undefined
    const sure = fitting.find(({ isSure }) => isSure)
    if (sure !== undefined || !timeName.test(name) || noTimeName.test(name)) return sure
    const [first, ...others] = fitting.filter(({ format }) => hourDigits[format] !== undefined)
    if (first === undefined || others.length > 0) return undefined
    return this.#mostDigits >= hourDigits[first.format]! ? first : undefined
  }

  /** Formats to mention in a warning. Includes a format of times only if the column's name and digits suggest one. */
  mayBe(name: string): readonly string[] {
    const isTime = timeName.test(name) && !noTimeName.test(name)
    return this.fitting
      .filter(({ format }) => {
        const digits = hourDigits[format]
        return digits === undefined || (isTime && this.#mostDigits >= hourDigits['HHmmss']!)
      })
      .map(({ format }) => format)
  }
}

function areDigits(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p]! < 48 || bytes[p]! > 57) return false
  return true
}

function suits(index: number, bytes: Uint8Array, start: number, end: number): boolean {
  const reader = readers[index]!
  if (reader.read(bytes, start, end) !== 0) return false
  const hasYear = formats[index]!.format.includes('yyyy')
  return !hasYear || (reader.days >= firstDay && reader.days <= lastDay)
}
