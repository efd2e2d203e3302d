/*
  BLOB columns: the bytes of a cell as they stand.
*/
import type { Column } from '../../protocol/value.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'
import type { RecordBlock } from '../record-block.js'

/** On the wire each value has its length in front. */
const lengthBytes = 4

/** One BLOB column. Every text is a value, so no row is refused on its behalf. */
export class BlobColumn implements ColumnBuilder {
  readonly #column: (values: readonly Uint8Array[], rowCount: number) => Column
  #values: Uint8Array[] = []
  #countBefore = 0
  #byteLength = 0

  constructor(column: (values: readonly Uint8Array[], rowCount: number) => Column) {
    this.#column = column
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.#countBefore = firstRow
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const value = bytes.slice(starts[cell], ends[cell])
      if (value.length === 0) nulls++
      this.#byteLength += value.length
      this.#values.push(value)
    }
    return nulls
  }

  undo(): void {
    while (this.#values.length > this.#countBefore) this.#byteLength -= this.#values.pop()!.length
  }

  explain(): CellFault {
    return { code: 'DDB_INPUT_CELL', expected: 'bytes' }
  }

  encodedBytes(rowCount: number): number {
    return this.#byteLength + rowCount * lengthBytes
  }

  take(rowCount: number): Column {
    const data = this.#values
    this.#values = []
    this.#byteLength = 0
    return this.#column(data, rowCount)
  }
}
