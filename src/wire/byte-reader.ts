/* The reading side of the wire. The owner of a socket pushes chunks as TCP delivers them, and decoders pull values out. A decoder is a
   generator that yields while bytes are missing; plain calls read values that have arrived completely. All numbers are little-endian. */
import { Buffer } from 'node:buffer'
import { ProtocolError } from '../errors.js'
import { ArrayPool, type StringSink } from './string-collector.js'
import { GrowableBytes } from './growable-bytes.js'

/** A decoder of a T. It yields while bytes are missing. */
export type Decoding<T> = Generator<void, T, void>

const noBytes: Buffer = Buffer.alloc(0)
const lineFeed = 10
/** For texts up to this length, a loop over ASCII is faster than calling V8's decoder. */
const shortTextBytes = 12
/** Up to this length, a copying loop is faster than `set`, which needs a view of the source. */
const shortCopyBytes = 64
/** Memory up to this size is allocated before bytes arrive, because growing would cost several arrays per column. */
const trustedBytes = 262_144

/** Unread bytes of a stream. Without a prior `has` or `need`, reading a number may throw a `RangeError`. */
export class ByteReader {
  /** The current chunk. Only `#chunk[#position..]` is unread. */
  #chunk: Buffer = noBytes
  #view: DataView = new DataView(noBytes.buffer, 0, 0)
  #position = 0
  /** Chunks that follow `#chunk`, from index `#queueHead`. */
  #queue: Buffer[] = []
  #queueHead = 0
  #queuedBytes = 0
  /** Position of `#chunk[0]` in the stream. */
  #chunkOffsetBytes: number
  /** True after `end`. Bytes that were pushed before can still be read. */
  ended = false
  readonly #pool = new ArrayPool()

  /** @param offsetBytes  position of the first byte in its stream, for error messages */
  constructor(offsetBytes: number = 0) {
    this.#chunkOffsetBytes = offsetBytes
  }

  /** Adds bytes that have arrived. Does not copy the chunk, which must not change until it has been read. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    const buffer = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#queue.push(buffer)
    this.#queuedBytes += buffer.length
  }

  /** Call this when no more bytes will come. A decoder that needs more bytes then throws a ProtocolError. */
  end(): void {
    this.ended = true
  }

  get available(): number {
    return this.#chunk.length - this.#position + this.#queuedBytes
  }

  /** Position in the stream: the offset of the first byte plus the bytes read so far. */
  get offsetBytes(): number {
    return this.#chunkOffsetBytes + this.#position
  }

  /** The error for wrong bytes, at the position `bytesBack` bytes before the next byte. */
  fault(problem: string, bytesBack: number = 0): ProtocolError {
    return new ProtocolError(problem, this.offsetBytes - bytesBack)
  }

  /** The error for more than this process accepts. */
  excess(problem: string, bytesBack: number = 0): ProtocolError {
    return new ProtocolError(problem, this.offsetBytes - bytesBack, 'DDB_LIMIT')
  }

  /** True if `byteLength` bytes have arrived. Joins them into one piece, which `u8()`, `bytes()` and so on need. */
  has(byteLength: number): boolean {
    return this.#chunk.length - this.#position >= byteLength || this.#gather(byteLength)
  }

  /** Waits until `has(byteLength)` is true. Use it for headers and single values, and `payload` for others. */
  *need(byteLength: number): Decoding<void> {
    while (!this.has(byteLength)) {
      this.#failIfEnded()
      yield
    }
  }

  u8(): number {
    const value = this.#view.getUint8(this.#position)
    this.#position += 1
    return value
  }

  u16(): number {
    const value = this.#view.getUint16(this.#position, true)
    this.#position += 2
    return value
  }

  peekU16(): number {
    return this.#view.getUint16(this.#position, true)
  }

  i32(): number {
    const value = this.#view.getInt32(this.#position, true)
    this.#position += 4
    return value
  }

  /** The next bytes, after `need`. The result is a view of the pushed chunk; copy it to keep it. */
  bytes(byteLength: number): Uint8Array {
    const start = this.#position
    if (start + byteLength > this.#chunk.length) {
      throw new RangeError(`bytes(${byteLength}) without need()`)
    }
    this.#position = start + byteLength
    return this.#chunk.subarray(start, this.#position)
  }

  /** A copy of the next `byteLength` bytes, at a multiple of 8. The bytes must be `available`. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    const target = this.#pool.allocate(byteLength)
    this.#copyInto(target, 0, byteLength)
    return target
  }

  /** Moves `byteLength` bytes to `sink`. The sink grows as bytes arrive, because an announced number may be false. */
  *append(sink: Pick<GrowableBytes, 'extend'>, byteLength: number): Decoding<void> {
    let missing = byteLength
    while (missing > 0) {
      const here = Math.min(this.available, missing)
      if (here === 0) {
        this.#failIfEnded()
        yield
      } else {
        this.#copyInto(sink.extend(here), 0, here)
        missing -= here
      }
    }
  }

  /** Like `take`, but waits until the bytes have arrived. */
  *payload(byteLength: number): Decoding<Uint8Array<ArrayBuffer>> {
    if (byteLength <= trustedBytes) {
      const target = this.#pool.allocate(byteLength)
      let filled = 0
      const extend = (here: number): Uint8Array => target.subarray(filled, (filled += here))
      yield* this.append({ extend }, byteLength)
      return target
    }
    const sink = new GrowableBytes(byteLength)
    yield* this.append(sink, byteLength)
    return sink.finish()
  }

  /** Reads text up to LF. Consumes the LF but does not return it; keeps a CR before the LF. */
  *line(maxBytes: number): Decoding<string> {
    return this.tryLine(maxBytes) ?? (yield* this.#collectText(lineFeed, maxBytes, 'line'))
  }

  /** Like `line` if the current chunk contains the whole line; otherwise returns undefined and consumes nothing. */
  tryLine(maxBytes: number): string | undefined {
    return this.#textBefore(lineFeed, maxBytes)
  }

  /** Reads text up to a 00 byte. Consumes the 00 but does not return it. */
  *str0(maxBytes: number): Decoding<string> {
    return this.#textBefore(0, maxBytes) ?? (yield* this.#collectText(0, maxBytes, 'string'))
  }

  /** Moves up to `count` strings from the current chunk to `target`. @returns false if it contains no whole string */
  strings(count: number, target: StringSink): boolean {
    if (this.#position === this.#chunk.length) this.#advance()
    const start = this.#position
    this.#position = target.collect(this.#chunk, start, count)
    return this.#position > start
  }

  utf8(byteLength: number): string {
    const start = this.#position
    this.#position = start + byteLength
    return this.#chunk.toString('utf8', start, this.#position)
  }

  #failIfEnded(): void {
    if (this.ended) {
      throw new ProtocolError(
        'The stream ended in the middle of a message',
        this.offsetBytes + this.available,
      )
    }
  }

  /** Makes the next chunk current. Call it when the current chunk is used up. */
  #advance(): void {
    const next = this.#queue[this.#queueHead]
    if (next === undefined) return
    this.#queueHead += 1
    if (this.#queueHead === this.#queue.length) {
      this.#queue.length = 0
      this.#queueHead = 0
    }
    this.#queuedBytes -= next.length
    this.#setChunk(next)
  }

  #setChunk(chunk: Buffer): void {
    this.#chunkOffsetBytes += this.#position
    this.#chunk = chunk
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#position = 0
  }

  /** Joins chunks, so that `byteLength` bytes are in one piece. Copies only these bytes. */
  #gather(byteLength: number): boolean {
    if (this.available < byteLength) return false
    if (this.#position === this.#chunk.length) this.#advance()
    const rest = this.#chunk.length - this.#position
    if (rest >= byteLength) return true
    const bridge = Buffer.allocUnsafeSlow(byteLength)
    this.#chunk.copy(bridge, 0, this.#position)
    let filled = rest
    while (filled < byteLength) {
      const next = this.#queue[this.#queueHead]!
      const copied = next.copy(bridge, filled)
      filled += copied
      this.#queuedBytes -= copied
      if (copied < next.length) this.#queue[this.#queueHead] = next.subarray(copied)
      else this.#queueHead += 1
    }
    if (this.#queueHead === this.#queue.length) {
      this.#queue.length = 0
      this.#queueHead = 0
    }
    this.#setChunk(bridge)
    return true
  }

  #copyInto(target: Uint8Array, offset: number, byteLength: number): void {
    let copied = 0
    while (copied < byteLength) {
      if (this.#position === this.#chunk.length) this.#advance()
      const here = Math.min(this.#chunk.length - this.#position, byteLength - copied)
      if (here === 0) throw new RangeError(`take(${byteLength}) with ${copied} bytes available`)
      copyBytes(this.#chunk, this.#position, target, offset + copied, here)
      this.#position += here
      copied += here
    }
  }

  #textBefore(terminator: number, maxBytes: number): string | undefined {
    if (this.#position === this.#chunk.length) this.#advance()
    const chunk = this.#chunk
    const start = this.#position
    const shortEnd = Math.min(chunk.length, start + Math.min(shortTextBytes, maxBytes + 1))
    let text = ''
    for (let at = start; at < shortEnd; at++) {
      const byte = chunk[at]!
      if (byte === terminator) {
        this.#position = at + 1
        return text
      }
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    const end = chunk.indexOf(terminator, start)
    if (end < 0 || end - start > maxBytes) return undefined
    this.#position = end + 1
    return chunk.toString('utf8', start, end)
  }

  *#collectText(terminator: number, maxBytes: number, what: 'line' | 'string'): Decoding<string> {
    const startOffsetBytes = this.offsetBytes
    const sink = new GrowableBytes(maxBytes)
    for (;;) {
      if (this.#position === this.#chunk.length) this.#advance()
      const end = this.#chunk.indexOf(terminator, this.#position)
      const here = (end < 0 ? this.#chunk.length : end) - this.#position
      if (sink.length + here > maxBytes) {
        throw new ProtocolError(
          `A ${what} is longer than the ${maxBytes} bytes allowed`,
          startOffsetBytes,
          'DDB_LIMIT',
        )
      }
      if (here > 0) this.#copyInto(sink.extend(here), 0, here)
      if (end >= 0) {
        this.#position += 1
        const collected = sink.finish()
        return Buffer.from(collected.buffer, 0, collected.length).toString('utf8')
      }
      if (this.#queuedBytes === 0) {
        this.#failIfEnded()
        yield
      }
    }
  }
}

function copyBytes(
  source: Buffer,
  start: number,
  target: Uint8Array,
  offset: number,
  byteLength: number,
): void {
  if (byteLength > shortCopyBytes) {
    target.set(source.subarray(start, start + byteLength), offset)
    return
  }
  for (let at = 0; at < byteLength; at++) target[offset + at] = source[start + at]!
}
