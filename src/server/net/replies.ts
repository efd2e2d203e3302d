/*
  The way back of one connection: answers and printed output, gathered into few writes on TCP, each a message of its
  own on a WebSocket.
*/
import type { Value } from '../../protocol/value.js'
import { encodeMessage, encodeResponse } from '../../protocol/response.js'
import { ByteWriter } from '../../wire/byte-writer.js'
import { inBlocks } from './blocks.js'
import type { Transport } from './transport.js'

/** Answers of one connection in the order of its requests. */
export class Replies {
  /** The session that answers from now on. */
  sessionId: string
  readonly #transport: Transport
  readonly #writer: ByteWriter = new ByteWriter()
  #discarding = false
  #roomLeft = true

  constructor(sessionId: string, transport: Transport) {
    this.sessionId = sessionId
    this.#transport = transport
  }

  /** Bytes gathered and not yet written. */
  get bufferedBytes(): number {
    return this.#writer.byteLength
  }

  /**
   * @param blockBytes  when not 0, a table is answered in blocks of about so many bytes
   * @param isCompressed  columns of a table may be
   */
  value(value: Value | undefined, blockBytes: number, isCompressed: boolean = false): void {
    try {
      const answer = blockBytes > 0 && value?.form === 'table' ? inBlocks(value, blockBytes) : value
      encodeResponse(this.#writer, this.sessionId, { value: answer }, isCompressed)
    } catch (error) {
      // A result the wire cannot carry: the request's failure, not the connection's.
      this.error(error instanceof Error ? error.message : String(error))
      return
    }
    this.#flushFramed()
  }

  /** @param text  made one line */
  error(text: string): void {
    encodeResponse(this.#writer, this.sessionId, { error: text })
    this.#flushFramed()
  }

  /** Printed output, before the answer of the request that printed it. */
  message(text: string): void {
    encodeMessage(this.#writer, text)
    this.#flushFramed()
  }

  #flushFramed(): void {
    if (this.#transport.framed) this.flush()
  }

  /** @returns false while the peer has too much to read already */
  flush(): boolean {
    if (this.#discarding) {
      this.#writer.take()
      return true
    }
    if (this.#writer.byteLength > 0) this.#roomLeft = this.#transport.send(this.#writer.take())
    return this.#roomLeft
  }

  /** Drops what is waiting to be sent. */
  forget(): void {
    this.#writer.take()
  }

  /** Half of what is waiting, for the fault that ends a connection in the middle of an answer. */
  flushHalf(): void {
    const half = Math.floor(this.#writer.byteLength / 2)
    const [first] = this.#writer.take()
    if (first !== undefined) this.#transport.send([first.subarray(0, half)])
  }

  /** The peer has taken what was too much. */
  drained(): void {
    this.#roomLeft = true
  }

  /** Nobody reads any more. */
  discard(): void {
    this.#discarding = true
    this.#writer.take()
  }
}
