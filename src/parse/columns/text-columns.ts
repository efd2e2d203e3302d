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
    const store = this.#store
    const isBlob = this.#isBlob
    const maxBytes = this.#maxBytes
    let to = (this.#lengthBefore = this.#length)
    let nulls = 0
    const kernel = isBlob ? undefined : block.kernel
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (kernel !== undefined && givenUp < mostGivenUp) {
        const { bytes: memory, calls, textOut, textOutEnd } = kernel
        const most = Math.min(maxBytes, textOutEnd - textOut)
        row = calls.texts(field, row, textOut, textOutEnd, most)
        const end = kernel.filledTo
        const encoded = store.reserve(to + end - textOut)
        encoded.set(memory.subarray(textOut, end), to)
        to += end - textOut
        nulls += kernel.nullCount
        givenUp++
        if (row === rowCount) break
      }
      const cell = field + row * fieldCount
      const start = starts[cell]!
      const end = ends[cell]!
      const encoded = store.reserve(to + end - start + lengthBytes)
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
/** Rows from which on a view of them is worth its time. */
const longRun = 64

/** Returned for bytes that are not text: invalid UTF-8 or U+0000. */
const noSymbol = -1

const hashFactor = 0x9e3779b1 | 0

/** With more texts than this, or more bytes of them, a column forgets them after a batch. */
const mostKeptTexts = 8192
const mostKeptBytes = 1024 * 1024

/** Numbers texts, and finds them by their bytes, so that a known text needs no string. Number 0 is the empty text, which means null. */
class SymbolTable {
  texts = ['']
  #bytes = Buffer.allocUnsafe(1024)
  /** Where each text ends in `#bytes`; it begins where the one before it ends. */
  readonly #ends: number[] = [0]
  /** The number of each text by its hash, or by the next free number after it. */
  readonly #numbers = new Map<number, number>()

  /** Where the bytes of a text end among those of all texts, by default of the last one. */
  endOf(number = this.texts.length - 1): number {
    return this.#ends[number]!
  }

  get isLarge(): boolean {
    return this.texts.length > mostKeptTexts || this.endOf() > mostKeptBytes
  }

  /** Returns the number of the text with these bytes, and adds new texts. Returns `noSymbol` for bytes that are not text. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let key = end - start
    for (let p = start; p < end; p++) key = Math.imul(key ^ bytes[p]!, hashFactor)
    for (;;) {
      const number = this.#numbers.get(key)
      if (number === undefined) return this.#add(key, bytes, start, end)
      if (this.#isText(number, bytes, start, end)) return number
      key = (key + 1) | 0
    }
  }

  #isText(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes
    let at = this.#ends[number - 1]!
    if (this.#ends[number]! - at !== end - start) return false
    for (let p = start; p < end; p++) if (own[at++] !== bytes[p]) return false
    return true
  }

  #add(key: number, bytes: Uint8Array, start: number, end: number): number {
    const first = this.endOf()
    if (first + end - start > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], 2 * (first + end - start))
    const own = this.#bytes
    let isText = isUtf8(bytes, start, end)
    let to = first
    for (let p = start; p < end; p++) if ((own[to++] = bytes[p]!) === 0) isText = false
    if (!isText) return noSymbol
    const number = this.texts.push(own.toString('utf8', first, to)) - 1
    this.#ends.push(to)
    this.#numbers.set(key, number)
    return number
  }

  clear(): void {
    this.texts = ['']
    this.#ends.length = 1
    this.#numbers.clear()
  }
}

export class SymbolColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore<Int32Array>
  /** Texts of this batch and of earlier ones: most batches have the same few. */
  readonly #symbols = new SymbolTable()
  /** The same texts, as the kernels of blocks know them. */
  readonly #known: KnownTexts[] = []
  /** The code of each text in the batch, in the order of first appearance; 0 for texts that it lacks. */
  #codes = new Int32Array(0)
  /** The texts of the batch. While they are all texts of the table, the number of a text is its code. */
  #base = this.#symbols.texts
  #textBytes = 0
  #sizeBefore = 1
  #textBytesBefore = 0

  constructor(type: DataType, columnIndex: number, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, bytesPerRow, Int32Array)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    const codes = this.#store.reserve(firstRow + rowCount)
    this.#sizeBefore = this.#base.length
    this.#textBytesBefore = this.#textBytes
    const symbols = this.#symbols
    const maxBytes = this.#maxBytes
    let nulls = 0
    const known = this.#knownIn(block)
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (known !== undefined && givenUp < mostGivenUp) {
        const from = row
        row = known.read(field, from)
        const { words, out, nullCount } = known.kernel
        this.#encode(words, out / 4 + from, codes, firstRow + from, row - from)
        if (row > from) nulls += nullCount
        // New texts are rare after an input's first block: only rows without a known one between them count.
        givenUp = row - from > rowsBetween ? 0 : givenUp + 1
        if (row === rowCount) break
      }
      const cell = field + row * fieldCount
      const start = starts[cell]!
      const end = ends[cell]!
      let number = 0
      if (start !== end) {
        number = end - start > maxBytes ? noSymbol : symbols.find(bytes, start, end)
        if (number === noSymbol) {
          block.refuse(row, this.#columnIndex)
          number = 0
        } else known?.add(start, end - start, number)
      }
      if (number === 0) nulls++
      if (number > 0 && this.#base !== symbols.texts)
        number = this.#codes[number] || this.#enter(number)
      codes[firstRow + row] = number
    }
    return nulls
  }

  /** Writes the codes of `count` texts from their numbers. */
  #encode(numbers: Int32Array, from: number, codes: Int32Array, to: number, count: number): void {
    if (this.#base === this.#symbols.texts) {
      if (count > longRun) codes.set(numbers.subarray(from, from + count), to)
      else for (let i = 0; i < count; i++) codes[to + i] = numbers[from + i]!
      return
    }
    const own = this.#roomForAll()
    for (let i = 0; i < count; i++) {
      const number = numbers[from + i]!
      codes[to + i] = number === 0 ? 0 : own[number] || this.#enter(number)
    }
  }

  /** Adds a text to the batch, and returns its code. */
  #enter(number: number): number {
    this.#textBytes += this.#symbols.endOf(number) - this.#symbols.endOf(number - 1)
    return (this.#roomForAll()[number] = this.#base.push(this.#symbols.texts[number]!) - 1)
  }

  #roomForAll(): Int32Array {
    const { length } = this.#symbols.texts
    if (this.#codes.length < length) {
      const larger = new Int32Array(2 * length)
      larger.set(this.#codes)
      this.#codes = larger
    }
    return this.#codes
  }

  #knownIn({ kernel }: RecordBlock): KnownTexts | undefined {
    if (kernel === undefined) return undefined
    const found = this.#known.find(known => known.kernel === kernel) ?? KnownTexts.in(kernel)
    if (found !== undefined && !this.#known.includes(found)) this.#known.push(found)
    return found
  }

  undo(): void {
    const size = this.#sizeBefore
    if (this.#base.length === size) return
    if (this.#base === this.#symbols.texts) {
      this.#codes = Int32Array.from(this.#base.keys())
      this.#textBytesBefore = this.#symbols.endOf(size - 1)
    }
    this.#base = this.#base.slice(0, size)
    this.#textBytes = this.#textBytesBefore
    for (const [number, code] of this.#codes.entries()) if (code >= size) this.#codes[number] = 0
  }

  explain(_bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(end - start, this.#maxBytes)
  }

  encodedBytes(rowCount: number): number {
    const isAll = this.#base === this.#symbols.texts
    const textBytes = isAll ? this.#symbols.endOf() : this.#textBytes
    return rowCount * bytesPerRow + textBytes + this.#base.length
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const symbols = this.#symbols
    const isAll = this.#base === symbols.texts
    const base = isAll && !symbols.isLarge ? [...this.#base] : this.#base
    const codes = this.#store.release(buffers)
    if (symbols.isLarge) {
      symbols.clear()
      for (const known of this.#known) known.clear()
      this.#base = symbols.texts
    } else this.#base = ['']
    this.#textBytes = 0
    this.#codes.fill(0)
    return { form: 'vector', type: this.#type, length: rowCount, codes, base } as Column
  }
}
