/*
  SYMBOL columns: each row has a code, and each batch a base with the text of each code (docs/protocol.md#symbol-vectors).
*/
import { mostGivenUp } from '../../kernel/kernel.js'
import { KnownTexts } from '../../kernel/known-texts.js'
import type { DataType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import { explainText, mostPutBytes, mostUtf8Bytes, writeText } from './string-column.js'
import type { RecordBlock } from '../record-block.js'
import { noSymbol, SymbolTable } from './symbol-table.js'

const bytesPerRow = 4
/** After this many rows with known texts, a new text is no sign that most texts are new. */
const rowsBetween = 4

/** Remembers texts from batch to batch, but gives each batch its own codes. */
export class SymbolColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore
  readonly #symbols: SymbolTable = new SymbolTable()
  #codes: Int32Array = new Int32Array(0)
  /** The base: the text of each code. Entry 0 is the empty text, which means null. */
  #base: string[] = ['']
  /** For each code: the number of its text in `#symbols`. */
  #entries: number[] = [-1]
  /** For each text of `#symbols`, by number: the text's code in this batch, or 0 if the text has none. */
  #codeOfEntry: Int32Array = new Int32Array(1024)
  #baseBytes = 1
  /** The texts that the block's kernel knows. */
  #known: KnownTexts | undefined
  #sizeBefore = 1
  #baseBytesBefore = 1
  /** The numbers of a program's texts. */
  readonly #entryOf = new Map<unknown, number>()

  constructor(type: DataType, columnIndex: number, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, bytesPerRow)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    if (this.#store.reserve(firstRow + rowCount)) this.#codes = new Int32Array(this.#store.buffer)
    const codes = this.#codes
    const symbols = this.#symbols
    const maxBytes = this.#maxBytes
    this.#sizeBefore = this.#base.length
    this.#baseBytesBefore = this.#baseBytes
    let nulls = 0
    const known = this.#knownIn(block)
    known?.kernel.useRows(block)
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (known !== undefined && givenUp < mostGivenUp) {
        const from = row
        row = known.read(field, from, this.#base.length, this.#addKnown)
        if (row > from) {
          const { buffer, calls, out } = known.kernel
          codes.set(new Int32Array(buffer, out + bytesPerRow * from, row - from), firstRow + from)
          nulls += calls.nullCount()
          // New texts are rare after the first block: only rows without a known one between them count.
          givenUp = row - from > rowsBetween ? 0 : givenUp + 1
        } else givenUp++
        if (row === rowCount) break
      }
      const cell = field + row * fieldCount
      const start = starts[cell]!
      const end = ends[cell]!
      let code = 0
      if (start !== end) {
        const entry = end - start > maxBytes ? noSymbol : symbols.find(bytes, start, end)
        if (entry === noSymbol) block.refuse(row, this.#columnIndex)
        else {
          code = this.#codeOfEntry[entry]! || this.#number(entry, end - start)
          known?.add(start, end - start, entry, code)
        }
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

  readonly #addKnown = (entry: number): void => {
    this.#number(entry, this.#symbols.byteLength(entry))
  }

  undo(): void {
    this.#baseBytes = this.#baseBytesBefore
    while (this.#base.length > this.#sizeBefore) {
      this.#base.pop()
      const entry = this.#entries.pop()!
      this.#codeOfEntry[entry] = 0
      this.#known?.forget(entry)
    }
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(bytes, start, end, this.#maxBytes)
  }

  encodedBytes(rowCount: number): number {
    return rowCount * bytesPerRow + this.#baseBytes
  }

  /** This limit assumes that each text is new, and so enters the base. */
  get most(): WireRoom {
    return { row: bytesPerRow + 1, textByte: 1 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const shape = { form: 'vector', type: this.#type, length: rowCount }
    const column = { ...shape, codes: this.#codes, base: this.#base } as Column
    this.#store.release(buffers)
    this.#codes = new Int32Array(0)
    for (let code = 1; code < this.#entries.length; code++) {
      this.#codeOfEntry[this.#entries[code]!] = 0
    }
    this.#base = ['']
    this.#entries = [-1]
    this.#baseBytes = 1
    this.#known?.beginBatch()
    if (this.#symbols.isFull) {
      this.#symbols.clear()
      this.#known?.clear()
      this.#entryOf.clear()
    }
    return column
  }

  put(values: readonly unknown[], count: number, firstRow: number): number {
    if (this.#store.reserve(firstRow + count)) this.#codes = new Int32Array(this.#store.buffer)
    this.#sizeBefore = this.#base.length
    this.#baseBytesBefore = this.#baseBytes
    for (let i = 0; i < count; i++) {
      const value = values[i]
      let code = 0
      if (value !== null && value !== '') {
        const entry = this.#entryOf.get(value) ?? this.#addValue(value)
        const isFull = this.#baseBytes - this.#baseBytesBefore > mostPutBytes
        if (entry === noSymbol || isFull) return i
        code = this.#codeOfEntry[entry]! || this.#number(entry, this.#symbols.byteLength(entry))
      }
      this.#codes[firstRow + i] = code
    }
    return count
  }

  /** Returns the number of the text; `noSymbol` for a value that is none. */
  #addValue(value: unknown): number {
    if (typeof value !== 'string') return noSymbol
    const bytes = new Uint8Array(mostUtf8Bytes * value.length)
    const length = writeText(value, bytes, 0)
    if (length < 0 || length > this.#maxBytes) return noSymbol
    const entry = this.#symbols.find(bytes, 0, length)
    this.#entryOf.set(value, entry)
    return entry
  }

  /** Gives a text the next code of this batch. */
  #number(entry: number, byteLength: number): number {
    if (entry >= this.#codeOfEntry.length) {
      const larger = new Int32Array(Math.max(2 * this.#codeOfEntry.length, entry + 1))
      larger.set(this.#codeOfEntry)
      this.#codeOfEntry = larger
    }
    const code = this.#base.length
    this.#base.push(this.#symbols.texts[entry]!)
    this.#entries.push(entry)
    this.#codeOfEntry[entry] = code
    this.#known?.setCode(entry, code)
    this.#baseBytes += byteLength + 1
    return code
  }
}
