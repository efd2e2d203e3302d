/* The sending side of one session. Requests are encoded into one growing buffer, which leaves in few large writes. The kernel has at most
   one write at a time, so the client always knows which requests have certainly not left yet. */
import { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { Clock } from '../platform/platform.js'
import {
  encodeRequest,
  requestFlags,
  requestText,
  type Request,
  type RequestHead,
} from '../protocol/request.js'
import { ByteWriter } from '../wire/byte-writer.js'
import type { ConnectionTrace } from './trace.js'

/** Counts asynchronous requests: `accepted` includes `started`, and `started` includes `written`. */
export interface SendCounts {
  /** Requests encoded into the session's buffer. */
  readonly accepted: number
  /** Requests given to the kernel, completely or in part. Later requests have certainly not reached the server. */
  readonly started: number
  /** Requests taken by the kernel to the last byte. This does not prove that the server received them. */
  readonly written: number
}

// Small requests share writes of this size, because larger writes would not be cheaper.
const coalesceBytes = 131_072

/** A large write is split into pieces of this size to show progress, because on a slow link the write takes minutes. */
const pieceBytes = 262_144

/** Smaller writes are not measured, because their duration depends on the event loop rather than on the network. */
const measuredBytes = 32_768
/** About 500 Mbit/s. On faster networks compression costs more than it saves. */
const slowMsPerByte = 1 / 62_500
/** The weight of one write in the estimate of the network's speed. */
const newestShare = 0.3

export class Outgoing {
  readonly writer: ByteWriter = new ByteWriter()
  /** Compresses columns only while the network is slower than this machine can compress. */
  compressesWhenSlow = false
  readonly #stream: Duplex
  readonly #highWaterBytes: number
  readonly #clock: Clock
  readonly #trace: ConnectionTrace | undefined
  #inFlightBytes = 0
  #inFlightSinceMs = 0
  /** Size of the current write in bytes. The chunks in `#rest` from index `#restAt` on are still to be written. */
  #takenBytes = 0
  #rest: Uint8Array[] = []
  #restAt = 0
  #currentBytes = 0
  #msPerByte = 0
  /** The encoded start of the latest call, kept because the calls of a load differ only in their values. */
  #callStart:
    | Readonly<{ head: RequestHead; name: string; argumentCount: number; text: Uint8Array }>
    | undefined
  writtenBytes = 0
  #accepted = 0
  #started = 0
  #written = 0
  #flushScheduled = false
  #stopped = false
  #waiting: (() => void)[] = []
  #onEmpty: (() => void) | undefined
  #callbacks: (() => void)[] = []
  #callbacksInFlight: (() => void)[] = []

  constructor(stream: Duplex, highWaterBytes: number, clock: Clock, trace?: ConnectionTrace) {
    this.#stream = stream
    this.#highWaterBytes = highWaterBytes
    this.#clock = clock
    this.#trace = trace
  }

  /** Encoded bytes that the kernel has not taken yet, including those that the stream is writing. */
  get bufferedBytes(): number {
    return this.writer.byteLength + this.#inFlightBytes
  }

  /** True from the high-water mark on. Senders should then wait, although nothing is refused. */
  get isFull(): boolean {
    return this.bufferedBytes >= this.#highWaterBytes
  }

  get counts(): SendCounts {
    return { accepted: this.#accepted, started: this.#started, written: this.#written }
  }

  /** Adds a whole request, or throws and adds nothing. @throws {UsageError | ValueError} as `encodeRequest` */
  encode(head: RequestHead, request: Request): void {
    const before = this.writer.byteLength
    const mayCompress = (head.flags & requestFlags.compress) !== 0
    encodeRequest(
      this.writer,
      head,
      request,
      mayCompress && (!this.compressesWhenSlow || this.isSlow),
      request.kind === 'function' ? this.#textOf(head, request) : undefined,
    )
    this.#trace?.sent(head, request, this.writer.byteLength - before)
  }

  #textOf(head: RequestHead, call: Extract<Request, { kind: 'function' }>): Uint8Array {
    const { name, args } = call
    const latest = this.#callStart
    const isSame = latest?.name === name && latest.argumentCount === args.length
    if (isSame && latest.head === head) return latest.text
    const text = Buffer.from(requestText(head, call))
    this.#callStart = { head, name, argumentCount: args.length, text }
    return text
  }

  /** Sends an encoded request soon, with others of this turn. @param onWritten  called once the kernel has it; not if the link is lost */
  commit(onWritten?: () => void): void {
    this.#accepted += 1
    if (onWritten !== undefined) this.#callbacks.push(onWritten)
    if (this.#inFlightBytes > 0) return
    if (this.writer.byteLength >= coalesceBytes) this.flush()
    else if (!this.#flushScheduled) {
      this.#flushScheduled = true
      // Flushes after I/O, not in a microtask: a loop that awaits every request would otherwise cause a write for each.
      this.#clock.nextTurn(this.#flushLater)
    }
  }

  readonly #flushLater = (): void => {
    this.#flushScheduled = false
    this.flush()
  }

  /** Writes the collected requests now. If a write is already under way, the collected requests follow automatically. */
  flush(): void {
    if (this.#inFlightBytes > 0 || this.#stopped) return
    const chunks = this.writer.take()
    if (chunks.length === 0) return
    for (const chunk of chunks) this.#inFlightBytes += chunk.byteLength
    this.#takenBytes = this.#inFlightBytes
    this.#rest = chunks
    this.#restAt = 0
    this.#started = this.#accepted
    this.#inFlightSinceMs = this.#clock.nowMs()
    this.#callbacksInFlight = this.#callbacks
    this.#callbacks = []
    this.#writePiece()
  }

  #writePiece(): void {
    let bytes = 0
    // A single buffer is written directly, because corking the stream costs more than the write.
    const isOne = this.#restAt + 1 === this.#rest.length
    if (!isOne) this.#stream.cork()
    for (;;) {
      const chunk = this.#rest[this.#restAt]!
      const room = pieceBytes - bytes
      const fits = chunk.byteLength <= room
      if (fits) this.#restAt++
      else this.#rest[this.#restAt] = chunk.subarray(room)
      const part = fits ? chunk : chunk.subarray(0, room)
      bytes += part.byteLength
      const isLast = bytes === pieceBytes || this.#restAt === this.#rest.length
      if (!isLast) {
        this.#stream.write(part)
        continue
      }
      this.#currentBytes = bytes
      this.#stream.write(part, this.#writeEnded)
      break
    }
    if (!isOne) this.#stream.uncork()
  }

  readonly #writeEnded = (error?: Error | null): void => {
    // The stream reports the failure itself. From now on, nothing more counts as written.
    if (error || this.#stopped) return
    this.writtenBytes += this.#currentBytes
    this.#inFlightBytes -= this.#currentBytes
    if (this.#inFlightBytes > 0) {
      this.#writePiece()
      return
    }
    this.#rest = []
    if (this.#takenBytes >= measuredBytes) {
      const latest = (this.#clock.nowMs() - this.#inFlightSinceMs) / this.#takenBytes
      this.#msPerByte += (latest - this.#msPerByte) * newestShare
    }
    this.#written = this.#started
    const callbacks = this.#callbacksInFlight
    this.#callbacksInFlight = []
    for (const callback of callbacks) callback()
    this.#wake()
    this.flush()
    if (this.bufferedBytes === 0 && this.#waiting.length === 0) this.#onEmpty?.()
  }

  /** True while large writes take longer than compressing their content would. */
  get isSlow(): boolean {
    return this.#msPerByte > slowMsPerByte
  }

  /** Calls `waiter` once there is room again. Waiters are served in order, as long as there is room. */
  whenRoom(waiter: () => void): void {
    if (this.#stopped) {
      waiter()
      return
    }
    this.#waiting.push(waiter)
    this.#wake()
  }

  #wake(): void {
    let served = 0
    while (served < this.#waiting.length && !this.isFull) this.#waiting[served++]!()
    if (served > 0) this.#waiting.splice(0, served)
  }

  /** True while a sender waits for room. Later senders then have to wait, too. */
  get hasWaiters(): boolean {
    return this.#waiting.length > 0
  }

  /** Resolves once the kernel has taken everything; stays pending if the connection is lost first. */
  async emptied(): Promise<void> {
    this.flush()
    if (this.bufferedBytes === 0 && this.#waiting.length === 0) return
    await new Promise<void>(resolve => (this.#onEmpty = resolve))
  }

  /** Call this when the connection is gone. Stops writing, and releases waiters so that they notice the loss. */
  stop(): void {
    this.#stopped = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of waiting) waiter()
  }
}
