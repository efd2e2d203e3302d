/*
  SYMBOL columns: each row has a code, and each batch a base with the text of each code (docs/protocol.md#symbol-vectors).
*/
import { mostGivenUp } from '../../kernel/kernel.js'
import { KnownTexts } from '../../kernel/known-texts.js'
import type { DataType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { ArrayStore, type BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'
import { explainText, mostPutBytes, mostUtf8Bytes, writeText } from './string-column.js'
import type { RecordBlock } from '../record-block.js'
import { noSymbol, SymbolTable } from './symbol-table.js'

const bytesPerRow = 4
/** After this many rows with known texts, a new text is no sign that most texts are new. */
const rowsBetween = 4

export class SymbolColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore
  #codes: Int32Array = new Int32Array(0)
  readonly #symbols = new SymbolTable()
  /** The texts that the block's kernel knows. */
  #known: KnownTexts | undefined
  #sizeBefore = 1
  /** The codes of a program's texts. */
  readonly #codeOf = new Map<unknown, number>()

  constructor(type: DataType, columnIndex: number, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, bytesPerRow)
  }

  #begin(rowCount: number): void {
    if (this.#store.reserve(rowCount)) this.#codes = new Int32Array(this.#store.buffer)
    this.#sizeBefore = this.#symbols.texts.length
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.#begin(firstRow + rowCount)
    const codes = this.#codes
    const symbols = this.#symbols
    const maxBytes = this.#maxBytes
    let nulls = 0
    const known = this.#knownIn(block)
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (known !== undefined && givenUp < mostGivenUp) {
        const from = row
        row = known.read(field, from)
        known.copyCodes(codes, from, row, firstRow)
        if (row > from) nulls += known.kernel.nullCount
        // New texts are rare after a batch's first block: only rows without a known one between them count.
        givenUp = row - from > rowsBetween ? 0 : givenUp + 1
        if (row === rowCount) break
      }
      const cell = field + row * fieldCount
      const start = starts[cell]!
      const end = ends[cell]!
      let code = 0
      if (start !== end) {
        code = end - start > maxBytes ? noSymbol : symbols.find(bytes, start, end)
        if (code === noSymbol) {
          block.refuse(row, this.#columnIndex)
          code = 0
        } else known?.add(start, end - start, code)
      }
      if (code === 0) nulls++
      codes[firstRow + row] = code
    }
    return nulls
  }

  #knownIn({ kernel }: RecordBlock): KnownTexts | undefined {
    if (kernel === undefined) return undefined
    if (this.#known?.kernel !== kernel) this.#known = KnownTexts.in(kernel)
    return this.#known
  }

  undo(): void {
    const { texts } = this.#symbols
    for (let code = this.#sizeBefore; code < texts.length; code++) {
      this.#codeOf.delete(texts[code])
    }
    // Rows are refused rarely, and the kernel learns texts fast.
    if (texts.length > this.#sizeBefore) this.#known?.clear()
    this.#symbols.shorten(this.#sizeBefore)
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(bytes, start, end, this.#maxBytes)
  }

  encodedBytes(rowCount: number): number {
    const { texts, textBytes } = this.#symbols
    return rowCount * bytesPerRow + textBytes + texts.length
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const base = this.#symbols.take()
    const shape = { form: 'vector', type: this.#type, length: rowCount }
    const column = { ...shape, codes: this.#codes, base } as Column
    this.#store.release(buffers)
    this.#codes = new Int32Array(0)
    this.#known?.clear()
    this.#codeOf.clear()
    return column
  }

  put(values: readonly unknown[], count: number, firstRow: number): number {
    this.#begin(firstRow + count)
    const before = this.#symbols.textBytes
    for (let i = 0; i < count; i++) {
      const value = values[i]
      let code = 0
      if (value !== null && value !== '') {
        code = this.#codeOf.get(value) ?? this.#addValue(value)
        if (code === noSymbol || this.#symbols.textBytes - before > mostPutBytes) return i
      }
      this.#codes[firstRow + i] = code
    }
    return count
  }

  /** Returns the code of the text; `noSymbol` for a value that is none. */
  #addValue(value: unknown): number {
    if (typeof value !== 'string') return noSymbol
    const bytes = new Uint8Array(mostUtf8Bytes * value.length)
    const length = writeText(value, bytes, 0)
    if (length < 0 || length > this.#maxBytes) return noSymbol
    const code = this.#symbols.find(bytes, 0, length)
    this.#codeOf.set(value, code)
    return code
  }
}
