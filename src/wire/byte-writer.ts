/*
  Writing side of the wire: small pieces are copied into slabs, large arrays are taken by reference, and `take` hands
  out few, large buffers for one writev. All numbers are little-endian.
*/
import { Buffer } from 'node:buffer'
import { ValueError } from '../errors.js'

const firstSlabBytes = 1024
/** Slabs double up to this size: headers and small columns of many requests then share one buffer. */
const maxSlabBytes = 65_536
/** From this size on, a separate buffer in writev costs less than copying into the slab. */
const minViewBytes = 16_384
/** For shorter texts a loop over ASCII is faster than the call into V8's encoder. */
const shortTextChars = 24

/** Bytes to be sent. Numbers are cut to their width: the code that knows the type must refuse what does not fit. */
export class ByteWriter {
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  #slab: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(this.#slab.buffer, 0, 0)
  /** `#slab[#start..#position]` is written but not yet in `#chunks`. */
  #start = 0
  #position = 0
  #markChunks = 0
  #markChunkBytes = 0
  #markSlab: Buffer = this.#slab
  #markStart = 0
  #markPosition = 0

  /** Bytes written since the last `take`, including those taken by reference. */
  get byteLength(): number {
    return this.#chunkBytes + this.#position - this.#start
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#view.setUint8(this.#position, value)
    this.#position += 1
  }

  i8(value: number): void {
    this.#reserve(1)
    this.#view.setInt8(this.#position, value)
    this.#position += 1
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.#position, value, true)
    this.#position += 2
  }

  i16(value: number): void {
    this.#reserve(2)
    this.#view.setInt16(this.#position, value, true)
    this.#position += 2
  }

  i32(value: number): void {
    this.#reserve(4)
    this.#view.setInt32(this.#position, value, true)
    this.#position += 4
  }

  u32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#position, value, true)
    this.#position += 4
  }

  i64(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigInt64(this.#position, value, true)
    this.#position += 8
  }

  f32(value: number): void {
    this.#reserve(4)
    this.#view.setFloat32(this.#position, value, true)
    this.#position += 4
  }

  f64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#position, value, true)
    this.#position += 8
  }

  bytes(array: Uint8Array): void {
    this.#reserve(array.length)
    this.#slab.set(array, this.#position)
    this.#position += array.length
  }

  /** Takes `array` by reference, so `array` must not change until it has been written to the socket. */
  view(array: Uint8Array): void {
    if (array.length === 0) return
    this.#seal()
    this.#chunks.push(array)
    this.#chunkBytes += array.length
  }

  /** Calls `bytes` or `view`, whichever costs less. `array` must not change until it has been written to the socket. */
  payload(array: Uint8Array): void {
    if (array.length < minViewBytes) this.bytes(array)
    else this.view(array)
  }

  /** UTF-8 without an end mark. A lone surrogate becomes U+FFFD, as everywhere in Node. */
  utf8(text: string): void {
    const { length } = text
    // UTF-8 takes at most three bytes per UTF-16 unit. For long text, measuring is cheaper than reserving so much.
    this.#reserve(length > 4096 ? Buffer.byteLength(text) : length * 3)
    this.#position += this.#slab.write(text, this.#position, 'utf8')
  }

  /**
   * UTF-8 ended by one 00.
   * @throws {ValueError} DDB_STRING_HAS_NUL: a U+0000 inside would end the string early for every reader
   */
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

  /** Remembers this point for `rollback`. There is one mark; `take` invalidates it. */
  mark(): void {
    this.#markChunks = this.#chunks.length
    this.#markChunkBytes = this.#chunkBytes
    this.#markSlab = this.#slab
    this.#markStart = this.#start
    this.#markPosition = this.#position
  }

  /** Discards what was written since `mark`, so that a value that cannot be encoded does not leave half a message. */
  rollback(): void {
    this.#chunks.length = this.#markChunks
    this.#chunkBytes = this.#markChunkBytes
    this.#useSlab(this.#markSlab)
    this.#start = this.#markStart
    this.#position = this.#markPosition
  }

  /** All buffers in order; the writer is empty afterwards and never touches them again. */
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

  /** Moves the slab's written bytes to the chunks; the rest of the slab stays in use. */
  #seal(): void {
    if (this.#position === this.#start) return
    this.#chunks.push(this.#slab.subarray(this.#start, this.#position))
    this.#chunkBytes += this.#position - this.#start
    this.#start = this.#position
  }
}

/** The message shows enough of the string for users to find it. */
function nulError(text: string): ValueError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
  return new ValueError(
    'DDB_STRING_HAS_NUL',
    `DolphinDB strings cannot hold U+0000, which ends a string on the wire: remove it from ${shown}`,
  )
}
