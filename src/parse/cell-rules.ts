/* Rules for reading the texts of cells: the user's options, and additions of the loader. */
import { option, usageError } from '../errors.js'
import { offsetOf } from './times/time-zone.js'

/** The user's options for the meaning of texts in cells. */
export interface CellOptions {
  /** Texts that mean null, besides the empty field, unless they are in quotes. For numbers and dates, blanks around them do not matter. */
  readonly nullTexts?: readonly string[]
  /** Target column → format: DolphinDB's, `epoch:s|ms|us|ns`, or `excel`, `excel:1904` for a spreadsheet's days. `*`: all that it fits. */
  readonly dateFormats?: Readonly<Record<string, string>>
  /**
   * Time zone of the stored times, such as `Asia/Shanghai`: times with an offset and counts since 1970 are converted to it. `none` stores
   * times as written. The default, too, but all times of a column must have the same offset, or none. The machine's zone is never used.
   */
  readonly timeZone?: string
  /** Target column → its times' offset, such as `+08:00`, or `none`; default: that of its first time in the run. Not with `timeZone`. */
  readonly offsets?: Readonly<Record<string, string>>
  /** Thousands separator in numbers, one character. */
  readonly thousands?: string
  /** True if numbers have a decimal comma instead of a point. */
  readonly decimalComma?: boolean
  /** Target columns with percentages: `12.5%` is 0.125. */
  readonly percentColumns?: readonly string[]
  /** Pairs of texts that mean true and false, such as `Y/N`, in addition to `true/false` and `1/0`; one side may be empty. */
  readonly booleans?: readonly string[]
  /** True to make bad cells null and count them, instead of rejecting their rows. */
  readonly lenient?: boolean
}

export interface CellRules extends Omit<CellOptions, 'offsets'> {
  /** Offsets of the columns' times, shared by all readers. If undefined, each reader determines the offsets itself. */
  readonly columnOffsets?: ColumnOffsets | undefined
  /** Called when an offset of a column's times is first ignored because no zone is set. */
  readonly onOffset?: (columnName: string) => void
  /** Separator of the elements of an array column; default `,`. */
  readonly arrayDelimiter?: string
}

/** Means times without a time zone offset. No real offset has a million seconds, and V8 allocates nothing for such a number. */
export const noOffset = 1_000_000

const noOffsetText = 'none'

/**
 * The common time zone offset of a column whose times are stored as written. With different offsets, `10:00+08:00` and `10:00Z`
 * would both become 10:00. The first time of the column decides, unless the user gave the offset.
 */
export class ColumnOffset {
  /** True if some time had a different offset than the column. */
  hasOthers = false
  #seconds: number | undefined
  readonly #onKnown: ((text: string) => void) | undefined

  /** @param seconds  ahead of UTC; omitted if the column's first time decides, which `onKnown` then tells */
  constructor(seconds?: number, onKnown?: (text: string) => void) {
    this.#seconds = seconds
    this.#onKnown = onKnown
  }

  /** True if a time has the column's offset; an unknown one becomes that of the time. @param own  seconds ahead of UTC, or `noOffset` */
  takes(own: number): boolean {
    if (this.#seconds === undefined) {
      this.#seconds = own
      this.#onKnown?.(this.text!)
    }
    if (this.#seconds === own) return true
    this.hasOthers = true
    return false
  }

  /** For messages: `the offset +08:00`, or `no offset`. */
  get words(): string {
    return this.#seconds === noOffset ? 'no offset' : `the offset ${this.text}`
  }

  /** `+08:00`, or `none`; undefined while the column's offset is unknown. */
  get text(): string | undefined {
    if (this.#seconds === undefined) return undefined
    if (this.#seconds === noOffset) return noOffsetText
    const minutes = Math.abs(this.#seconds) / 60
    const [hour, minute] = [Math.floor(minutes / 60), minutes % 60]
    const two = (number: number): string => String(number).padStart(2, '0')
    return `${this.#seconds < 0 ? '-' : '+'}${two(hour)}:${two(minute)}`
  }
}

/** The time zone offsets of a run's columns, by column name. */
export class ColumnOffsets {
  /** The known offsets, in the form that the constructor takes; undefined while there are none. */
  known: Readonly<Record<string, string>> | undefined
  readonly #byName = new Map<string, ColumnOffset>()

  /** @param known  column → offset, such as `+08:00`, `Z` or `none` @throws {UsageError} DDB_USAGE for an invalid offset */
  constructor(known: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(known)) {
      const seconds = text === noOffsetText ? noOffset : offsetOf(text)
      if (seconds === undefined) {
        const what = `${option('cells.offsets')} ${name}=${text}: an offset is +08:00, Z, or none`
        throw usageError(what)
      }
      const column = new ColumnOffset(seconds)
      this.#byName.set(name, column)
      this.#learn(name, column.text!)
    }
  }

  of(columnName: string): ColumnOffset {
    const known =
      this.#byName.get(columnName) ??
      new ColumnOffset(undefined, text => this.#learn(columnName, text))
    this.#byName.set(columnName, known)
    return known
  }

  #learn(name: string, text: string): void {
    this.known = { ...this.known, [name]: text }
  }
}

/** The offsets of a run's columns; undefined if `timeZone` applies instead. @throws {UsageError} DDB_USAGE if both are given */
export function columnOffsets(
  { timeZone, offsets }: { timeZone?: string; offsets?: Readonly<Record<string, string>> },
  known: Readonly<Record<string, string>> = {},
): ColumnOffsets | undefined {
  if (timeZone === undefined) return new ColumnOffsets({ ...known, ...offsets })
  if (offsets === undefined || Object.keys(offsets).length === 0) return undefined
  throw usageError(
    `${option('cells.offsets')} sets the offset of times, and ${option('cells.timeZone')} converts any offset: leave one of them out`,
  )
}
