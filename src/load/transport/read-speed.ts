/*
  Estimates which batches a server has begun to read, for a server that sends no answers. Bytes that our kernel has
  taken stay in the buffers of both kernels until the server reads them. Once those buffers are full, the server has
  read everything that was sent before the bytes in them.
*/
import type { BatchSize } from '../batch-size.js'

/** Byte limit of both kernels' buffers per connection. Linux allows 4 and 6 MiB with overhead (tcp_wmem, tcp_rmem). */
const mostKernelBytes = 8 << 20

interface HandedOver {
  readonly place: number
  readonly rows: number
  readonly bytes: number
  /** Bytes handed over up to the end of this batch. */
  readonly endBytes: number
}

/** Tells `BatchSize` how fast the server reads batches. */
export class ReadSpeed {
  readonly #batchSize: BatchSize
  readonly #mostKernelBytes: number
  #isFull = false
  /** Bytes that fill the kernels' buffers; undefined until the buffers have been full. */
  #kernelBytes: number | undefined
  /** Bytes handed over so far; `#keptUpBytes` is their number when the server last kept up. */
  #handedBytes = 0
  #keptUpBytes = 0
  #place = 0
  #queue: HandedOver[] = []

  constructor(batchSize: BatchSize, connections: number) {
    this.#batchSize = batchSize
    this.#mostKernelBytes = mostKernelBytes * connections
  }

  /** @param bytes  on the wire */
  handedOver(rows: number, bytes: number): void {
    this.#handedBytes += bytes
    this.#place++
    if (!this.#isFull) return
    this.#queue.push({ place: this.#place, rows, bytes, endBytes: this.#handedBytes })
  }

  /** Reports that the run has to wait because the kernel's buffers are full. */
  full(): void {
    this.#isFull = true
  }

  /** Must be called before each batch. @param bufferedBytes  bytes that the kernel has not taken */
  look(bufferedBytes: number, nowMs: number): void {
    if (bufferedBytes === 0) {
      this.#kernelBytes = undefined
      this.#keptUpBytes = this.#handedBytes
      this.#queue = []
      this.#isFull = false
      return this.#batchSize.keptUp()
    }
    if (!this.#isFull) return
    const takenBytes = this.#handedBytes - bufferedBytes
    this.#kernelBytes ??= Math.min(takenBytes - this.#keptUpBytes, this.#mostKernelBytes)
    const readBytes = takenBytes - this.#kernelBytes
    const next = this.#queue.findIndex(({ endBytes }) => endBytes > readBytes)
    for (const { place, ...batch } of this.#queue.splice(0, next < 0 ? Infinity : next)) {
      this.#batchSize.reached(batch, place, nowMs)
    }
  }
}
