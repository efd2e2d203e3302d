/*
  Passes the blocks of one large answer from the decoder, which the socket drives, to the caller. The decoder waits
  until the caller has taken the latest block.
*/
import { decodeValue } from '../protocol/codec.js'
import type { Response, ResponseOptions } from '../protocol/response.js'
import { decodeResponse } from '../protocol/response.js'
import type { Value } from '../protocol/value.js'
import type { ByteReader } from '../wire/byte-reader.js'

/** Holds at most one block that was not taken. */
export class BlockBuffer {
  #block: Value | undefined
  #ended = false
  #abandoned = false
  #onChange: (() => void) | undefined
  readonly #flow: { full: () => void; taken: () => void }

  /** @param flow  `full` pauses reading, `taken` lets the decoder continue */
  constructor(flow: { full: () => void; taken: () => void }) {
    this.#flow = flow
  }

  /** Decodes an answer in block mode (docs/protocol.md#blocks). The response contains any result but a tuple. */
  *decode(reader: ByteReader, options: ResponseOptions): Generator<void, Response, void> {
    const response = yield* decodeResponse(reader, { ...options, blocks: true })
    const blockCount = response.ok ? (response.blockCount ?? 0) : 0
    for (let i = 0; i < blockCount; i++) {
      const block = yield* decodeValue(reader, options.limits)
      while (this.#block !== undefined) {
        this.#flow.full()
        yield
      }
      if (this.#abandoned) continue
      this.#block = block
      this.#onChange?.()
    }
    return response
  }

  /** No more blocks will come. */
  end(): void {
    this.#ended = true
    this.#onChange?.()
  }

  /** Yields each block once; if the caller leaves early, the rest is read and dropped. */
  async *take(): AsyncGenerator<Value, void, void> {
    try {
      for (;;) {
        const block = this.#block
        if (block !== undefined) {
          this.#block = undefined
          this.#flow.taken()
          yield block
        } else if (this.#ended) return
        else await new Promise<void>(resolve => (this.#onChange = resolve))
      }
    } finally {
      this.#abandoned = true
      this.#block = undefined
      this.#flow.taken()
    }
  }
}
