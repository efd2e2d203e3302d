/*
  DATETIME in the usual spelling; everything else goes the general way. Columns with a zone, or with a format of
  `cells.dateFormats`, go through NumberColumn.
*/
import { NumberColumn } from './number-columns.js'
import { UsualTime } from './usual-time.js'
import type { RecordBlock } from '../record-block.js'

const secondsPerDay = 86_400

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
      if (time.read(bytes, view, start, end) && time.millis === 0 && time.nanos === 0) {
        const seconds = time.day * secondsPerDay + time.secondOfDay
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
