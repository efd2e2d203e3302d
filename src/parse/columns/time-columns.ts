/*
  DATETIME, TIMESTAMP, NANOTIME and NANOTIMESTAMP in the usual spelling; everything else goes the general way. Columns with
  a zone, or with a format of `cells.dateFormats`, go through NumberColumn and Int64Column.
*/
import { Int64Column, storeExact } from './int64-columns.js'
import { NumberColumn } from './number-columns.js'
import { UsualTime } from './usual-time.js'
import type { RecordBlock } from '../record-block.js'

const wordSize = 4_294_967_296
const secondsPerDay = 86_400
const msPerDay = 86_400_000
const nanosPerMs = 1_000_000
/** So many milliseconds either way, and a part of one, are nanoseconds that 64 bits hold. */
const maxMs = 9_223_372_036_853

/** One DATETIME column. */
export class DateTimeColumn extends NumberColumn {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const { min, max } = this.type
    const array = this.reserve(firstRow + rowCount)
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.read(bytes, view, start, end)
      if (msOfDay >= 0 && msOfDay % 1000 === 0 && time.nanos === 0) {
        const seconds = time.day * secondsPerDay + msOfDay / 1000
        if (seconds >= min && seconds <= max) {
          array[firstRow + row] = seconds
          continue
        }
      }
      nulls += this.readOther(block, row, firstRow, start, end)
      time.lookAtOffset()
    }
    return nulls
  }
}

/** One TIMESTAMP column. */
export class TimestampColumn extends Int64Column {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.read(bytes, view, start, end)
      if (msOfDay >= 0 && time.nanos === 0) {
        const low = (time.midnightLow + msOfDay) >>> 0
        const word = 2 * (firstRow + row)
        words[word] = low
        words[word + 1] = low < msOfDay ? time.midnightHigh + 1 : time.midnightHigh
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
      }
    }
    return nulls
  }
}

/** One NANOTIME column. */
export class NanotimeColumn extends Int64Column {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { view, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.takesPlain ? time.readTime(view, start, end) : -1
      if (msOfDay >= 0) {
        storeExact(words, 2 * (firstRow + row), msOfDay * nanosPerMs + time.nanos)
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
      }
    }
    return nulls
  }
}

/** One NANOTIMESTAMP column. */
export class NanotimestampColumn extends Int64Column {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.read(bytes, view, start, end)
      const ms = time.day * msPerDay + msOfDay
      if (msOfDay >= 0 && ms <= maxMs && ms >= -maxMs) {
        // Both products are exact: the upper half of so many milliseconds has 12 bits, the lower one 32.
        const upper = Math.floor(ms / wordSize)
        const lower = (ms - upper * wordSize) * nanosPerMs + time.nanos
        const carry = Math.floor(lower / wordSize)
        const word = 2 * (firstRow + row)
        words[word] = lower - carry * wordSize
        words[word + 1] = upper * nanosPerMs + carry
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
      }
    }
    return nulls
  }
}
