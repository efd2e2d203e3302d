/*
  Passes the blocks of one large answer from the decoder to the caller. The decoder runs whenever bytes arrive, but
  waits until the caller has taken the latest block.
*/
import { decodeValue } from '../protocol/codec.js'
import type { Response, ResponseOptions } from '../protocol/response.js'
import { decodeResponse } from '../protocol/response.js'
import type { Value } from '../protocol/value.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { Link } from './link.js'

/** Holds at most one block that the caller has not taken. */
export class BlockBuffer {
  #block: Value | undefined
  #ended = false
  #abandoned = false
  #onChange: (() => void) | undefined
  readonly #link: Pick<Link, 'pause' | 'resume'>

  constructor(link: Pick<Link, 'pause' | 'resume'>) {
    this.#link = link
  }

  /** Decodes an answer in block mode (docs/protocol.md#blocks). The response has a value only if no blocks came. */
  *decode(reader: ByteReader, options: ResponseOptions): Generator<void, Response, void> {
    const response = yield* decodeResponse(reader, { ...options, blocks: true })
    const blockCount = response.ok ? (response.blockCount ?? 0) : 0
    for (let i = 0; i < blockCount; i++) {
      const block = yield* decodeValue(reader, options.limits)
      while (this.#block !== undefined) {
        this.#link.pause()
        yield
      }
      if (this.#abandoned) continue
      this.#block = block
      this.#onChange?.()
    }
    return response
  }

  end(): void {
    this.#ended = true
    this.#onChange?.()
  }

  /** Yields each block once. If the caller stops early, the buffer drops all further blocks. */
  async *take(): AsyncGenerator<Value, void, void> {
    try {
      for (;;) {
        const block = this.#block
        if (block !== undefined) {
          this.#block = undefined
          this.#link.resume()
          yield block
        } else if (this.#ended) return
        else await new Promise<void>(resolve => (this.#onChange = resolve))
      }
    } finally {
      this.#abandoned = true
      this.#block = undefined
      this.#link.resume()
    }
  }
}
