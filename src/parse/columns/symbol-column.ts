/*
  SYMBOL columns: each row has a code, and each batch a base with the text of each code (docs/protocol.md#symbol-vectors).
*/
import { mostGivenUp } from '../../kernel/kernel.js'
import { KnownTexts } from '../../kernel/known-texts.js'
import type { DataType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { isUtf8 } from '../cells/cell-bytes.js'
import { ArrayStore, type BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'
import { explainText } from './string-column.js'
import type { RecordBlock } from '../record-block.js'

const bytesPerRow = 4
/** After this many rows with known texts, a new text is no sign that most texts are new. */
const rowsBetween = 4

/** Returned for bytes that are not text: invalid UTF-8 or U+0000. */
const noSymbol = -1

const hashFactor = 0x9e3779b1 | 0

/**
 * The base of a batch's symbols: numbers texts in the order of first appearance, and finds them by their bytes, so that a known symbol
 * needs no string. Code 0 is the empty text, which means null.
 */
class SymbolTable {
  texts: string[] = ['']
  /** Where each text ends in `#bytes`; it begins where the one before it ends. */
  readonly #ends: number[] = [0]
  #bytes = Buffer.allocUnsafe(1024)
  readonly #hashes: number[] = [0]
  /** For each hash: the text added last; and for each text: the one added before it with the same hash, or 0. */
  readonly #last = new Map<number, number>()
  readonly #before: number[] = [0]

  /** Bytes of all texts in UTF-8. */
  get textBytes(): number {
    return this.#ends.at(-1)!
  }

  /** Returns the code of the text with these bytes, and adds new texts. Returns `noSymbol` for bytes that are not text. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start
    for (let p = start; p < end; p++) hash = Math.imul(hash ^ bytes[p]!, hashFactor)
    let code = this.#last.get(hash) ?? 0
    while (code > 0 && !this.#equals(code, bytes, start, end)) code = this.#before[code]!
    return code > 0 ? code : this.#add(hash, bytes, start, end)
  }

  #equals(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes
    let at = this.#ends[code - 1]!
    if (this.#ends[code]! - at !== end - start) return false
    for (let p = start; p < end; p++, at++) if (own[at] !== bytes[p]) return false
    return true
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const at = this.textBytes
    const after = at + end - start
    if (after > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * after)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    const own = this.#bytes
    let isText = isUtf8(bytes, start, end)
    for (let p = start; p < end; p++) {
      own[at + p - start] = bytes[p]!
      if (bytes[p] === 0) isText = false
    }
    if (!isText) return noSymbol
    const code = this.texts.push(own.toString('utf8', at, after)) - 1
    this.#ends.push(after)
    this.#hashes.push(hash)
    this.#before.push(this.#last.get(hash) ?? 0)
    this.#last.set(hash, code)
    return code
  }

  /** Removes all texts and returns them. */
  take(): readonly string[] {
    const { texts } = this
    this.texts = ['']
    this.#ends.length = this.#hashes.length = this.#before.length = 1
    this.#last.clear()
    return texts
  }

  /** Removes the texts with codes from `size` on. */
  shorten(size: number): void {
    while (this.texts.length > size) {
      this.texts.pop()
      this.#ends.pop()
      this.#last.set(this.#hashes.pop()!, this.#before.pop()!)
    }
  }
}

export class SymbolColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore
  #codes: Int32Array = new Int32Array(0)
  readonly #symbols = new SymbolTable()
  /** The texts that the kernels of blocks know. */
  readonly #known: KnownTexts[] = []
  #sizeBefore = 1

  constructor(type: DataType, columnIndex: number, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, bytesPerRow)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    if (this.#store.reserve(firstRow + rowCount)) this.#codes = new Int32Array(this.#store.buffer)
    this.#sizeBefore = this.#symbols.texts.length
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
    const found = this.#known.find(known => known.kernel === kernel) ?? KnownTexts.in(kernel)
    if (found !== undefined && !this.#known.includes(found)) this.#known.push(found)
    return found
  }

  undo(): void {
    // Rows are refused rarely, and the kernel learns texts fast.
    if (this.#symbols.texts.length > this.#sizeBefore)
      for (const known of this.#known) known.clear()
    this.#symbols.shorten(this.#sizeBefore)
  }

  explain(_bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(end - start, this.#maxBytes)
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
    for (const known of this.#known) known.clear()
    return column
  }
}
