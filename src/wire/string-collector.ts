/* Makes many texts at once from strings that each end with 00. Making a text costs more than reading its bytes, and columns of short
   texts often repeat texts. So short texts are looked up by their bytes, and each is made only once. Also memory for arrays that are
   filled at once and handed out: small ones share a buffer, because allocating one for each would cost more than copying the bytes. A
   kept array keeps only its own buffer alive. The first buffers are small, as many readers read one value. */
import { Buffer } from 'node:buffer'
import { GrowableBytes } from './growable-bytes.js'

const maxPooledBytes = 2048
const firstBufferBytes = 512
const maxBufferBytes = 8192

/** Arrays for one owner, who fills each before it is read. Buffers without kept arrays are garbage-collected. */
export class ArrayPool {
  #buffer: ArrayBuffer = new ArrayBuffer(0)
  #position = 0
  #nextBufferBytes = firstBufferBytes

  /** An array of `byteLength` bytes that starts at a multiple of 8. It may contain old bytes. */
  allocate(byteLength: number): Uint8Array<ArrayBuffer> {
    if (byteLength > maxPooledBytes) return new Uint8Array(unclearedBuffer(byteLength))
    if (this.#position + byteLength > this.#buffer.byteLength) {
      this.#buffer = unclearedBuffer(Math.max(this.#nextBufferBytes, byteLength))
      this.#position = 0
      this.#nextBufferBytes = Math.min(this.#nextBufferBytes * 2, maxBufferBytes)
    }
    const start = this.#position
    this.#position = (start + byteLength + 7) & ~7
    return new Uint8Array(this.#buffer, start, byteLength)
  }
}

function unclearedBuffer(byteLength: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(byteLength).buffer
}

/** Small, because a text keeps its whole block in memory, and because a block should fit into the processor's cache. */
const blockBytes = 16_384
/** V8 copies texts up to this length. A longer text in `#slots` would keep its block in memory. */
const maxRepeatedBytes = 12
const slotBits = 12
/** With fewer texts, or fewer bytes, the table of short texts costs more time than it saves. */
const minRepeatedTexts = 1024
/** After this many texts, the collector decides whether texts repeat. */
const minJudgedTexts = 4096
/** Longer arrays are slow in V8 if they are allocated at once. */
const maxPreparedTexts = 1 << 24

/** Takes the strings of a vector: whole blocks of them, and those that span chunks. */
export type StringSink = Pick<StringCollector, 'length' | 'add' | 'collect'>

export class StringCollector {
  readonly texts: string[]
  length = 0
  /** Short texts by the hash of their bytes; allocated when enough bytes have arrived. */
  #slots: string[] | undefined
  #mayRepeat: boolean
  #newTexts = 0

  /** @param wanted  texts that the sender announced; room for them is made only if `availableBytes` could contain them */
  constructor(wanted: number, availableBytes: number) {
    const isSure = wanted <= availableBytes && wanted <= maxPreparedTexts
    this.texts = isSure ? new Array<string>(wanted) : []
    this.#mayRepeat = wanted >= minRepeatedTexts
  }

  add(text: string): void {
    this.texts[this.length++] = text
  }

  /** Adds up to `count` texts that end within the next block. @returns the position after the last one, or `start` */
  collect(bytes: Buffer, start: number, count: number): number {
    const end = Math.min(bytes.length, start + blockBytes)
    if (this.#mayRepeat && end - start >= minRepeatedTexts) {
      this.#slots ??= new Array<string>(1 << slotBits).fill('')
      const position = this.#collectRepeated(this.#slots, bytes, start, end, count)
      if (position > start) return position
    }
    return this.#collectNew(bytes, start, end, count)
  }

  #collectNew(bytes: Buffer, start: number, end: number, count: number): number {
    let found = 0
    let last = start - 1
    for (let at = start; at < end && found < count; at++) {
      if (bytes[at] === 0) {
        found += 1
        last = at
      }
    }
    if (found === 0) return start
    // One decoding and one split are several times as fast as one call per string.
    const texts = bytes.toString('utf8', start, last).split('\0')
    for (let index = 0; index < found; index++) this.texts[this.length++] = texts[index]!
    return last + 1
  }

  #collectRepeated(
    slots: string[],
    bytes: Buffer,
    start: number,
    end: number,
    count: number,
  ): number {
    const { texts } = this
    const block = bytes.toString('latin1', start, end)
    const lastIndex = this.length + count
    let index = this.length
    let from = start
    let hash = 0
    for (let at = start; at < end && index < lastIndex; at++) {
      const byte = bytes[at]!
      if (byte >= 0x80) {
        this.#mayRepeat = false
        break
      }
      if (byte !== 0) {
        hash = Math.imul(hash ^ byte, 0x0100_0193)
        continue
      }
      const slot = Math.imul(hash ^ (at - from), 0x9e37_79b1) >>> (32 - slotBits)
      let text = slots[slot]!
      if (!isTextOf(text, bytes, from, at)) {
        text = block.slice(from - start, at - start)
        if (text.length <= maxRepeatedBytes) slots[slot] = text
        this.#newTexts += 1
      }
      texts[index++] = text
      from = at + 1
      hash = 0
    }
    this.length = index
    if (index >= minJudgedTexts && this.#newTexts * 2 > index) this.#mayRepeat = false
    return from
  }
}

const mostExpectedBytes = 1 << 20

/** Keeps strings in wire form. */
export class EncodedStrings {
  length = 0
  readonly #bytes: GrowableBytes

  /** @param expectedBytes  room that is made at once */
  constructor(expectedBytes: number) {
    this.#bytes = new GrowableBytes(Infinity, Math.min(expectedBytes, mostExpectedBytes))
  }

  add(text: string): void {
    this.#append(Buffer.from(`${text}\0`), 1)
  }

  /** As `StringCollector.collect`, for all of `bytes`. */
  collect(bytes: Buffer, start: number, count: number): number {
    let found = 0
    let next = start
    for (let at = start; at < bytes.length && found < count; at++) {
      if (bytes[at] !== 0) continue
      found += 1
      next = at + 1
    }
    if (found > 0) this.#append(bytes.subarray(start, next), found)
    return next
  }

  #append(bytes: Uint8Array, count: number): void {
    this.#bytes.extend(bytes.length).set(bytes)
    this.length += count
  }

  finish(): Uint8Array {
    return this.#bytes.finish()
  }
}

function isTextOf(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let at = from; at < to; at++) if (text.charCodeAt(at - from) !== bytes[at]) return false
  return true
}
