/* The writing side of the wire. Copies small pieces into slabs (buffers for many pieces) and refers to large arrays without a copy. So
   `take` returns few, large buffers for one writev. All numbers are little-endian. */
import { Buffer } from 'node:buffer'
import { ValueError } from '../errors.js'

const firstSlabBytes = 1024
/** Slabs double up to this size, so that headers and small columns of many requests share one buffer. */
const maxSlabBytes = 65_536
/** From this size on, a separate buffer in writev costs less than a copy into the slab. */
const minViewBytes = 16_384
/** For texts up to this length, a loop over ASCII is faster than calling V8's encoder. */
const shortTextChars = 24

/** Bytes to be sent. Cuts numbers to their width, so the caller must refuse numbers that do not fit their type. */
export class ByteWriter {
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  #slab: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(this.#slab.buffer, 0, 0)
  /** `#slab[#start..#position]` has been written but is not yet in `#chunks`. */
  #start = 0
  #position = 0
  #markChunks = 0
  #markChunkBytes = 0
  #markSlab: Buffer = this.#slab
  #markStart = 0
  #markPosition = 0

  /** The bytes written since the last `take`, including arrays that are not copied. */
  get byteLength(): number {
    return this.#chunkBytes + this.#position - this.#start
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#view.setUint8(this.#position, value)
    this.#position += 1
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.#position, value, true)
    this.#position += 2
  }

  i32(value: number): void {
    this.#reserve(4)
    this.#view.setInt32(this.#position, value, true)
    this.#position += 4
  }

  bytes(array: Uint8Array): void {
    this.#reserve(array.length)
    this.#slab.set(array, this.#position)
    this.#position += array.length
  }

  /** Adds `array` without a copy. It must not change until it has been written to the socket. */
  view(array: Uint8Array): void {
    if (array.length === 0) return
    this.#seal()
    this.#chunks.push(array)
    this.#chunkBytes += array.length
  }

  /** Copies `array` or not, whichever costs less. It must not change until it has been written to the socket. */
  payload(array: Uint8Array): void {
    if (array.length < minViewBytes) this.bytes(array)
    else this.view(array)
  }

  /** UTF-8 without an end mark. Like everywhere in Node, a lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    const { length } = text
    // UTF-8 takes at most three bytes per UTF-16 unit. For long text, measuring is cheaper than reserving so much.
    this.#reserve(length > 4096 ? Buffer.byteLength(text) : length * 3)
    this.#position += this.#slab.write(text, this.#position, 'utf8')
  }

  /** UTF-8, then one 00. @throws {ValueError} DDB_STRING_HAS_NUL for a text with U+0000, where every reader would end the string */
  str0(text: string): void {
    const { length } = text
    if (length <= shortTextChars) {
      this.#reserve(length * 3 + 1)
      const slab = this.#slab
      let at = this.#position
      let index = 0
      for (; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit === 0 || unit >= 0x80) break
        slab[at++] = unit
      }
      if (index === length) {
        slab[at++] = 0
        this.#position = at
        return
      }
    }
    if (text.includes('\0')) throw nulError(text)
    this.utf8(text)
    this.u8(0)
  }

  /** Remembers this point for `rollback`. A writer has one mark, which `take` moves to the start of the next bytes. */
  mark(): void {
    this.#markChunks = this.#chunks.length
    this.#markChunkBytes = this.#chunkBytes
    this.#markSlab = this.#slab
    this.#markStart = this.#start
    this.#markPosition = this.#position
  }

  /** Discards all bytes since `mark`, so that a value that cannot be encoded leaves no half message behind. */
  rollback(): void {
    this.#chunks.length = this.#markChunks
    this.#chunkBytes = this.#markChunkBytes
    this.#useSlab(this.#markSlab)
    this.#start = this.#markStart
    this.#position = this.#markPosition
  }

  /** All buffers in order. The writer is empty afterwards and never changes these buffers. */
  take(): Uint8Array[] {
    this.#seal()
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    this.mark()
    return chunks
  }

  #reserve(byteLength: number): void {
    if (this.#position + byteLength > this.#slab.length) this.#nextSlab(byteLength)
  }

  #nextSlab(byteLength: number): void {
    this.#seal()
    const doubled = Math.min(maxSlabBytes, Math.max(firstSlabBytes, this.#slab.length * 2))
    this.#useSlab(Buffer.allocUnsafeSlow(Math.max(doubled, byteLength)))
    this.#start = 0
    this.#position = 0
  }

  #useSlab(slab: Buffer): void {
    this.#slab = slab
    this.#view = new DataView(slab.buffer, slab.byteOffset, slab.byteLength)
  }

  /** Moves the written part of the slab to the chunks. The rest of the slab remains in use. */
  #seal(): void {
    if (this.#position === this.#start) return
    this.#chunks.push(this.#slab.subarray(this.#start, this.#position))
    this.#chunkBytes += this.#position - this.#start
    this.#start = this.#position
  }
}

/** Quotes enough of the string for users to find it. */
function nulError(text: string): ValueError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
  return new ValueError(
    'DDB_STRING_HAS_NUL',
    `DolphinDB strings cannot hold U+0000, which ends a string on the wire: remove it from ${shown}`,
  )
}
