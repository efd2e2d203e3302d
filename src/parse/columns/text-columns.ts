/*
  Columns of texts in wire form. A STRING is its UTF-8 and a byte 00 after it; a BLOB is an int32 with the length, then the bytes of the
  cell unchanged. A SYMBOL is a code, and each batch has a base with the text of each code (docs/protocol.md#symbol-vectors).
*/
import { mostGivenUp } from '../../kernel/kernel.js'
import type { DataType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { limitText } from '../../schema/text-limits.js'
import { isUtf8 } from '../cells/cell-bytes.js'
import type { RecordBlock } from '../record-block.js'
import { ArrayStore, type BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'
import { KnownTexts } from '../../kernel/known-texts.js'

const lengthBytes = 4

/** Refuses rows whose text is too long; in a STRING also texts that are not UTF-8 or contain U+0000. */
export class StringColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #isBlob: boolean
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore<Uint8Array>
  #length = 0
  #lengthBefore = 0

  constructor(
    type: DataType,
    isBlob: boolean,
    columnIndex: number,
    pool: BufferPool,
    maxBytes: number,
  ) {
    this.#type = type
    this.#isBlob = isBlob
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, 1, Uint8Array)
  }

  read(block: RecordBlock, field: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    const encoded = this.#begin(block, field)
    const isBlob = this.#isBlob
    const maxBytes = this.#maxBytes
    let to = this.#length
    let nulls = 0
    const kernel = isBlob ? undefined : block.kernel
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (kernel !== undefined && givenUp < mostGivenUp) {
        const { bytes: memory, calls, textOut, textOutEnd } = kernel
        const most = Math.min(maxBytes, textOutEnd - textOut)
        row = calls.texts(field, row, textOut, textOutEnd, most)
        const end = kernel.filledTo
        encoded.set(memory.subarray(textOut, end), to)
        to += end - textOut
        nulls += kernel.nullCount
        givenUp++
        if (row === rowCount) break
      }
      const cell = field + row * fieldCount
      const start = starts[cell]!
      const end = ends[cell]!
      if (isBlob) to += lengthBytes
      const first = to
      const isTooLong = end - start > maxBytes
      let all = 0
      for (let p = start; p < end; p++) {
        const c = bytes[p]!
        encoded[to++] = c
        // Negative for a zero.
        all |= c | (c - 1)
      }
      const isText = isBlob || (all >= 0 && (all < 0x80 || isUtf8(bytes, start, end)))
      if (isTooLong || !isText) {
        to = first
        block.refuse(row, this.#columnIndex)
      }
      if (to === first) nulls++
      if (isBlob)
        for (let i = 0; i < lengthBytes; i++)
          encoded[first - lengthBytes + i] = (to - first) >> (8 * i)
      else encoded[to++] = 0
    }
    this.#length = to
    return nulls
  }

  #begin({ starts, ends, fieldCount, rowCount }: RecordBlock, field: number): Uint8Array {
    this.#lengthBefore = this.#length
    let needed = this.#length + (this.#isBlob ? lengthBytes : 1) * rowCount
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      needed += ends[cell]! - starts[cell]!
    }
    return this.#store.reserve(needed)
  }

  undo(): void {
    this.#length = this.#lengthBefore
  }

  explain(_bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(end - start, this.#maxBytes)
  }

  encodedBytes(): number {
    return this.#length
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const encoded = this.#store.release(buffers).subarray(0, this.#length)
    this.#length = 0
    return { form: 'vector', type: this.#type, length: rowCount, encoded } as Column
  }
}

/** Explains why a text of UTF-8 was refused: it is too long, or contains U+0000, which ends texts on the wire. */
function explainText(textBytes: number, maxBytes: number): CellFault {
  return textBytes > maxBytes
    ? { code: 'DDB_INPUT_RANGE', expected: limitText(maxBytes, textBytes) }
    : { code: 'DDB_STRING_HAS_NUL', expected: 'a text without U+0000' }
}

const bytesPerRow = 4
/** After this many rows with known texts, a new text does not mean that most texts are new. */
const rowsBetween = 4

/** Returned for bytes that are not text: invalid UTF-8 or U+0000. */
const noSymbol = -1

const hashFactor = 0x9e3779b1 | 0

/**
 * The base of a batch's symbols: numbers texts in the order of first appearance, and finds them by their bytes, so that a known text
 * needs no string. Code 0 is the empty text, which means null.
 */
class SymbolTable {
  texts: string[] = ['']
  #bytes = Buffer.allocUnsafe(1024)
  /** Where each text ends in `#bytes`; it begins where the one before it ends. */
  readonly #ends: number[] = [0]
  /** The key of each text in `#codes`: its hash, or the next free number. */
  readonly #keys: number[] = [0]
  readonly #codes = new Map<number, number>()

  get textBytes(): number {
    return this.#ends.at(-1)!
  }

  /** Returns the code of the text with these bytes, and adds new texts. Returns `noSymbol` for bytes that are not text. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let key = end - start
    for (let p = start; p < end; p++) key = Math.imul(key ^ bytes[p]!, hashFactor)
    for (;;) {
      const code = this.#codes.get(key)
      if (code === undefined) return this.#add(key, bytes, start, end)
      if (this.#isText(code, bytes, start, end)) return code
      key = (key + 1) | 0
    }
  }

  #isText(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes
    let at = this.#ends[code - 1]!
    if (this.#ends[code]! - at !== end - start) return false
    for (let p = start; p < end; p++) if (own[at++] !== bytes[p]) return false
    return true
  }

  #add(key: number, bytes: Uint8Array, start: number, end: number): number {
    const first = this.textBytes
    if (first + end - start > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], 2 * (first + end - start))
    const own = this.#bytes
    let isText = isUtf8(bytes, start, end)
    let to = first
    for (let p = start; p < end; p++) if ((own[to++] = bytes[p]!) === 0) isText = false
    if (!isText) return noSymbol
    const code = this.texts.push(own.toString('utf8', first, to)) - 1
    this.#ends.push(to)
    this.#keys.push(key)
    this.#codes.set(key, code)
    return code
  }

  /** Removes the texts with codes from `size` on, and returns all that were there. */
  take(size = 1): readonly string[] {
    const { texts } = this
    this.texts = texts.slice(0, size)
    if (size === 1) this.#codes.clear()
    else for (const key of this.#keys.slice(size)) this.#codes.delete(key)
    this.#keys.length = this.#ends.length = size
    return texts
  }
}

export class SymbolColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore<Int32Array>
  readonly #symbols = new SymbolTable()
  /** The texts that the kernels of blocks know. */
  readonly #known: KnownTexts[] = []
  #sizeBefore = 1

  constructor(type: DataType, columnIndex: number, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, bytesPerRow, Int32Array)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    const codes = this.#store.reserve(firstRow + rowCount)
    this.#sizeBefore = this.#symbols.texts.length
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
    if (this.#symbols.texts.length === this.#sizeBefore) return
    for (const known of this.#known) known.clear()
    this.#symbols.take(this.#sizeBefore)
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
    const codes = this.#store.release(buffers)
    for (const known of this.#known) known.clear()
    return { form: 'vector', type: this.#type, length: rowCount, codes, base } as Column
  }
}
