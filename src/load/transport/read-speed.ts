/*
  Estimates which batches a server has begun to read if it sends no answers. Bytes that our kernel has taken stay in
  the buffers of both kernels until the server reads them. If these buffers are full, the server has read all bytes
  sent before those in the buffers.
*/
import type { BatchSize } from '../batch-size.js'

/** Byte limit of both kernels' buffers per connection. Linux allows 4 and 6 MiB with overhead (tcp_wmem, tcp_rmem). */
const mostKernelBytes = 8 << 20

interface HandedOver {
  readonly place: number
  readonly rows: number
  readonly bytes: number
  /** Bytes handed over in total, up to the end of this batch. */
  readonly endBytes: number
}

/** Reports to `BatchSize` how fast the server reads batches. */
export class ReadSpeed {
  readonly #batchSize: BatchSize
  readonly #mostKernelBytes: number
  #isFull = false
  /** Bytes in the full buffers of the kernels; undefined until the buffers were full. */
  #kernelBytes: number | undefined
  /** `#handedBytes`: bytes handed over so far. `#keptUpBytes`: that number when the kernel last had taken all bytes. */
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

  /** Must be called when the run has to wait because the kernel's buffers are full. */
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
