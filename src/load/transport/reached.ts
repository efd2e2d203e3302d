/*
  Which batches a server has come to that answers for none, as far as its connections tell: what the kernel has taken lies in the
  buffers of both kernels, and once these are full the server has read what went before.
*/
import type { BatchSize } from '../batch-size.js'

/** What these buffers hold at most, of one connection (tcp_wmem and tcp_rmem of Linux end with 4 and 6 MiB, of which headers take a part). */
const mostKernelBytes = 8 << 20

interface HandedOver {
  readonly place: number
  readonly rows: number
  readonly bytes: number
  /** Handed over with it and before it. */
  readonly endBytes: number
}

/** Tells the size of batches how fast the server reads them. */
export class Reached {
  readonly #batchSize: BatchSize
  readonly #mostKernelBytes: number
  #isFull = false
  /** In the buffers of the kernels once these were full. */
  #kernelBytes: number | undefined
  /** Handed over, and of that what the server had kept up with. */
  #handedBytes = 0
  #keptUpBytes = 0
  #place = 0
  #queue: HandedOver[] = []

  constructor(batchSize: BatchSize, connections: number) {
    this.#batchSize = batchSize
    this.#mostKernelBytes = mostKernelBytes * connections
  }

  /** @param bytes  as they go out */
  handedOver(rows: number, bytes: number): void {
    this.#handedBytes += bytes
    this.#place++
    if (!this.#isFull) return
    this.#queue.push({ place: this.#place, rows, bytes, endBytes: this.#handedBytes })
  }

  /** The run has to wait until the kernels take more: they are full. */
  full(): void {
    this.#isFull = true
  }

  /** To be called before each batch. @param bufferedBytes  handed over, and not with the kernels */
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
