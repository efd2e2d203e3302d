/* Memory for arrays that are filled at once and handed out. Small arrays share a buffer, because allocating a buffer for each array would
   cost more than copying the bytes. A kept array keeps only its own buffer alive. The first buffers are small, as many readers read one
   value. */
import { Buffer } from 'node:buffer'

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
