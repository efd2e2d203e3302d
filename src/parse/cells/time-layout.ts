/*
  Layouts of dates and times: texts of one length with the same characters except for digits, learned from a text that was read. Such
  texts have their fields at the same places, so they are read without following a pattern.
*/
import type { RecordBlock } from '../record-block.js'
import { civilDays, noDay } from './calendar.js'
import { isRead, zero, type NumberArray, type Outcome } from './read-cell.js'
import { storeTime, type TimeUnit } from './time-unit.js'
import type { TimeParts } from './time-zone.js'

const nanoDigits = 9

/** For each number of digits in a fraction: how many nanoseconds one unit of the last digit is. */
export const nanosOfDigits: Int32Array = Int32Array.from(
  { length: nanoDigits + 1 },
  (_, i) => 10 ** (nanoDigits - i),
)

/** Place of each field in a text; −1 if there is none. Every field has two digits except the year, the fraction and dropped digits. */
export interface TimePlaces {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  fraction: number
  fractionDigits: number
  /** Digits that do not count. */
  dropped: number
  droppedDigits: number
}

export function newPlaces(): TimePlaces {
  const places = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  const all = { ...places, fraction: 0, fractionDigits: 0, dropped: 0, droppedDigits: 0 }
  clearPlaces(all)
  return all
}

export function clearPlaces(places: TimePlaces): void {
  places.year = places.month = places.day = -1
  places.hour = places.minute = places.second = -1
  places.fraction = places.dropped = -1
  places.fractionDigits = places.droppedDigits = 0
}

/** A time on its way to the clocks of a zone. */
interface ZonedTime extends Pick<TimeParts, 'days' | 'secondOfDay'> {
  /** Changes the time. @param offset  of the text, or `noOffset` */
  toZone(offset: number): Outcome
}

export class TimeLayout {
  readonly #length: number
  readonly #places: Readonly<TimePlaces>
  /** The offset from UTC in the texts, or `noOffset`. */
  readonly #offset: number
  /** For each four bytes: the text with 0 for digits, what to add, and which bits must then be 0. */
  readonly #words: Int32Array

  /** @param places  of the fields of the text from `start` to `end` */
  constructor(bytes: Uint8Array, start: number, end: number, places: TimePlaces, offset: number) {
    const length = end - start
    this.#length = length
    this.#places = { ...places }
    this.#offset = offset
    this.#words = new Int32Array(3 * Math.ceil(length / 4))
    const { year, fraction, fractionDigits, dropped, droppedDigits, ...pairs } = places
    const fields = [
      [year, 4],
      [fraction, fractionDigits],
      [dropped, droppedDigits],
      ...Object.values(pairs).map(place => [place, 2]),
    ]
    const wordBytes = new Uint8Array(this.#words.buffer)
    for (let p = 0; p < length; p++) {
      const isDigit = fields.some(([at, digits]) => at! >= 0 && p >= at! && p < at! + digits!)
      const at = 12 * (p >> 2) + (p & 3)
      wordBytes[at] = isDigit ? zero : bytes[start + p]!
      // Adding 6 changes the upper half of a byte that is above nine.
      wordBytes[at + 4] = isDigit ? 6 : 0
      wordBytes[at + 8] = isDigit ? 0xf0 : 0xff
    }
  }

  /** True if a text of the layout's length has the layout. */
  fits(view: DataView, start: number): boolean {
    return fits(this.#words, view, start)
  }

  /**
   * Reads times of this layout into a column of this unit (`ReadRun`).
   * @param zoned  converts and checks each time; undefined if times are stored as written
   */
  readRun(
    { bytes, view, starts, ends, fieldCount, rowCount }: RecordBlock,
    field: number,
    from: number,
    into: NumberArray,
    firstRow: number,
    unit: TimeUnit,
    zoned: ZonedTime | undefined,
  ): number {
    const words = this.#words
    const length = this.#length
    const { year, month, day, hour, minute, second, fraction, fractionDigits } = this.#places
    const nanosOfDigit = nanosOfDigits[fractionDigits]!
    const width = unit.isLong ? 2 : 1
    let row = from
    for (let cell = field + from * fieldCount; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      if (ends[cell]! - start !== length || !fits(words, view, start)) break
      const y =
        year < 0 ? 1970 : 100 * twoDigits(view, start + year) + twoDigits(view, start + year + 2)
      const mo = month < 0 ? 1 : twoDigits(view, start + month)
      let days = civilDays(y, mo, day < 0 ? 1 : twoDigits(view, start + day))
      const h = hour < 0 ? 0 : twoDigits(view, start + hour)
      const m = minute < 0 ? 0 : twoDigits(view, start + minute)
      const s = second < 0 ? 0 : twoDigits(view, start + second)
      if (days === noDay || h > 23 || m > 59 || s > 59) break
      let secondOfDay = (h * 60 + m) * 60 + s
      let nanos = 0
      for (let i = 0; i < fractionDigits; i++) {
        nanos = nanos * 10 + bytes[start + fraction + i]! - zero
      }
      nanos = Math.imul(nanos, nanosOfDigit)
      if (zoned !== undefined) {
        zoned.days = days
        zoned.secondOfDay = secondOfDay
        if (zoned.toZone(this.#offset) !== isRead) break
        days = zoned.days
        secondOfDay = zoned.secondOfDay
      }
      const at = (firstRow + row) * width
      if (storeTime(unit, days, secondOfDay, nanos, into, at) !== isRead) break
    }
    return row
  }
}

function fits(words: Int32Array, view: DataView, start: number): boolean {
  let wrong = 0
  for (let i = 0, p = start; i < words.length; i += 3, p += 4) {
    const word = view.getInt32(p, true) ^ words[i]!
    wrong |= (word | (word + words[i + 1]!)) & words[i + 2]!
  }
  return wrong === 0
}

/** The number of two bytes at `p`, which are known to be digits. */
function twoDigits(view: DataView, p: number): number {
  const digits = view.getUint16(p, true)
  return (digits & 15) * 10 + ((digits >> 8) & 15)
}
