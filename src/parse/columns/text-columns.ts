/* Columns of texts in wire form. A STRING is its UTF-8 and a byte 00 after it; a BLOB is an int32 with the length, then the bytes of the
   cell unchanged. A SYMBOL is a code, and each batch has a base with the text of each code (docs/protocol.md#symbol-vectors). */
import { mostGivenUp } from '../../kernel/kernel.js'
import type { DataType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { limitText, maxSentBytes } from '../../schema/target-schema.js'
import { isUtf8 } from '../cells/cell-bytes.js'
import type { RecordBlock } from '../record-block.js'
import { ArrayStore, type BufferPool } from './fixed-column.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'
import { KnownTexts } from '../../kernel/reads.js'

const lengthBytes = 4

/** @param maxBytes  Infinity for texts that are not sent */
const sendable = (maxBytes: number): number =>
  maxBytes === Infinity ? maxBytes : Math.min(maxBytes, maxSentBytes)

/** Refuses rows whose text is too long; in a STRING also texts that are not UTF-8 or contain U+0000. */
export class StringColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #isBlob: boolean
  readonly #maxBytes: number
  readonly #store: ArrayStore<Uint8Array>
  #length = 0
  #lengthBefore = 0

  constructor(type: DataType, isBlob: boolean, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#isBlob = isBlob
    this.#maxBytes = isBlob ? maxBytes : sendable(maxBytes)
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
      if (end - start > maxBytes || !(isBlob || isText(bytes, start, end))) block.refuse(row)
      else for (let p = start; p < end; p++) encoded[to++] = bytes[p]!
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

/** True for UTF-8 without U+0000, which ends texts on the wire. */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] === 0) return false
  return isUtf8(bytes, start, end)
}

/** Explains why a text of UTF-8 was refused: it is too long, or contains U+0000. */
function explainText(textBytes: number, maxBytes: number): CellFault {
  return textBytes > maxBytes
    ? { code: 'DDB_INPUT_RANGE', expected: limitText(maxBytes, textBytes) }
    : { code: 'DDB_STRING_HAS_NUL', expected: 'a text without U+0000' }
}

const bytesPerRow = 4
/** After this many rows with known texts, a new text does not mean that most texts are new. */
const rowsBetween = 4

/** With more texts than this, or more bytes of them, a column forgets them after a batch. */
const mostKeptTexts = 8192
const mostKeptBytes = 1024 * 1024

export class SymbolColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #maxBytes: number
  readonly #store: ArrayStore<Int32Array>
  /** The number of each text of this batch and of earlier ones, by its bytes: most batches have the same few. */
  readonly #numbers = new Map<string, number>()
  /** By number; 0 is the empty text, which means null. */
  #texts = ['']
  #keptBytes = 0
  /** The same texts, as the kernels of blocks know them. */
  readonly #known: KnownTexts[] = []
  /** The code of each text in the batch, in the order of first appearance; 0 for texts that it lacks. */
  #codes = new Int32Array(1)
  /** The texts of the batch. */
  #base = ['']
  #textBytes = 0
  #sizeBefore = 1
  #textBytesBefore = 0

  constructor(type: DataType, pool: BufferPool, maxBytes: number) {
    this.#type = type
    this.#maxBytes = sendable(maxBytes)
    this.#store = new ArrayStore(pool, bytesPerRow, Int32Array)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    const codes = this.#store.reserve(firstRow + rowCount)
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#sizeBefore = this.#base.length
    this.#textBytesBefore = this.#textBytes
    let nulls = 0
    const known = this.#knownIn(block)
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (known !== undefined && givenUp < mostGivenUp) {
        const from = row
        row = known.read(field, from)
        const { words, out, nullCount } = known.kernel
        const own = this.#codes
        const at = out / 4
        for (let i = from; i < row; i++) {
          const number = words[at + i]!
          codes[firstRow + i] = number === 0 ? 0 : own[number] || this.#codeOf(number)
        }
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
        const found = end - start > this.#maxBytes ? undefined : this.#find(all, start, end)
        if (found === undefined) block.refuse(row)
        else {
          number = found
          known?.add(start, end - start, number)
        }
      }
      if (number === 0) nulls++
      codes[firstRow + row] = this.#codeOf(number)
    }
    return nulls
  }

  /** The number of the text with these bytes, which may be new; undefined for bytes that are not text. */
  #find(bytes: Buffer, start: number, end: number): number | undefined {
    const key = bytes.toString('latin1', start, end)
    const number = this.#numbers.get(key)
    if (number !== undefined || !isText(bytes, start, end)) return number
    const isAscii = Buffer.byteLength(key) === key.length
    const added = this.#texts.push(isAscii ? key : bytes.toString('utf8', start, end)) - 1
    this.#keptBytes += end - start
    this.#numbers.set(key, added)
    return added
  }

  /** The code of a text in the batch, to which it is added if it is not there. */
  #codeOf(number: number): number {
    return number === 0 ? 0 : this.#codes[number] || this.#enter(number)
  }

  #enter(number: number): number {
    const { length } = this.#texts
    if (this.#codes.length < length) {
      const larger = new Int32Array(2 * length)
      larger.set(this.#codes)
      this.#codes = larger
    }
    const text = this.#texts[number]!
    this.#textBytes += Buffer.byteLength(text)
    return (this.#codes[number] = this.#base.push(text) - 1)
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
    this.#base.length = size
    this.#textBytes = this.#textBytesBefore
    for (const [number, code] of this.#codes.entries()) if (code >= size) this.#codes[number] = 0
  }

  explain(_bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(end - start, this.#maxBytes)
  }

  encodedBytes(rowCount: number): number {
    return rowCount * bytesPerRow + this.#textBytes + this.#base.length
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const base = this.#base
    const codes = this.#store.release(buffers)
    if (this.#texts.length > mostKeptTexts || this.#keptBytes > mostKeptBytes) {
      this.#numbers.clear()
      this.#texts.length = 1
      this.#keptBytes = 0
      for (const known of this.#known) known.clear()
    }
    this.#base = ['']
    this.#textBytes = 0
    this.#codes.fill(0)
    return { form: 'vector', type: this.#type, length: rowCount, codes, base } as Column
  }
}
