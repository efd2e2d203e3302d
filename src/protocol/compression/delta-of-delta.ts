/*
  Delta-of-delta blocks (docs/protocol.md#delta-of-delta): bits, highest first, in little-endian 64-bit words.
    leading nulls  0 each
    first value    1, zigzag(value) in W bits; W = 8 × bytes per value
    nulls          0 each
    second value   1, zigzag(delta) in W bits
    each further   0                     delta unchanged
                   10, 110, 1110, 11110 or 111110
                                         zigzag(delta of delta) − 1, in 7, 9, 16, 32 or 64 bits
                   111111                null
    end            111110, 64 one bits, 0; also in the place of the first or second value
  The code keeps numbers as two 32-bit halves, because most columns have 64 bits and BigInt is ten times as slow.
*/
import { ProtocolError } from '../../errors.js'

/** Limit of one block: the bytes that its decompressed values take. */
const maxBlockBytes = 65_536
const endMarkBits = 71
const lengthsAfterOnes = [0, 7, 9, 16, 32, 64] as const

/**
 * Returns the elements of one block in the form in which columns store them.
 * @param offsetBytes  the block's position in its stream, for errors
 */
export function decodeDeltaOfDelta(
  block: Uint8Array,
  bytesPerValue: 2 | 4 | 8,
  offsetBytes: number,
): Uint8Array<ArrayBuffer> {
  if (block.length % 8 !== 0) {
    throw new ProtocolError(
      `A delta block of ${block.length} bytes is not made of 8-byte words`,
      offsetBytes,
    )
  }
  const bits = new BitReader(block, offsetBytes)
  const values = new ValueWriter(block.length * 8, bytesPerValue, offsetBytes)
  for (let known = 0; known < 2; known++) {
    for (;;) {
      if (bits.atEndMark()) return values.finish()
      if (bits.bit() === 1) break
      values.addNull()
    }
    bits.read(bytesPerValue * 8)
    bits.undoZigzag()
    if (known === 0) values.addFirst(bits.low, bits.high)
    else values.addDelta(bits.low, bits.high)
  }
  for (;;) {
    let ones = 0
    while (ones < 6 && bits.bit() === 1) ones += 1
    if (ones === 0) {
      values.repeatDelta()
    } else if (ones === 6) {
      values.addNull()
    } else {
      bits.read(lengthsAfterOnes[ones]!)
      // 64 one bits are the end mark. A value never has this form, because the encoder subtracts one.
      if (ones === 5 && bits.low === -1 && bits.high === -1) return values.finish()
      bits.addOne()
      bits.undoZigzag()
      values.changeDelta(bits.low, bits.high)
    }
  }
}

class BitReader {
  readonly #view: DataView
  readonly #bitCount: number
  readonly #offsetBytes: number
  #at = 0
  /** Lower half of the number that `read` returned last; `high` is the upper half. */
  low = 0
  high = 0

  constructor(block: Uint8Array, offsetBytes: number) {
    this.#view = new DataView(block.buffer, block.byteOffset, block.byteLength)
    this.#bitCount = block.byteLength * 8
    this.#offsetBytes = offsetBytes
  }

  bit(): number {
    return this.#take(1)
  }

  /** Reads `count` bits, at most 64, into `low` and `high`. */
  read(count: number): void {
    this.high = count > 32 ? this.#take(count - 32) | 0 : 0
    this.low = this.#take(Math.min(count, 32)) | 0
  }

  /** Undoes the encoder's subtraction of one, for the unsigned 64-bit number in `low` and `high`. */
  addOne(): void {
    this.low = (this.low + 1) | 0
    if (this.low === 0) this.high = (this.high + 1) | 0
  }

  undoZigzag(): void {
    const sign = -(this.low & 1)
    this.low = ((this.low >>> 1) | (this.high << 31)) ^ sign
    this.high = (this.high >>> 1) ^ sign
  }

  /** True if only the end mark and padding remain. The caller must then stop reading. */
  atEndMark(): boolean {
    const rest = this.#bitCount - this.#at
    if (rest < endMarkBits || rest >= endMarkBits + 64) return false
    const start = this.#at
    const found =
      this.#take(6) === 0b111110 &&
      this.#take(32) === 0xffff_ffff &&
      this.#take(32) === 0xffff_ffff &&
      this.#take(1) === 0
    this.#at = start
    return found
  }

  /** The next `count` bits, at most 32, as an unsigned number. */
  #take(count: number): number {
    if (this.#at + count > this.#bitCount) {
      throw new ProtocolError('A delta block ends without its end mark', this.#offsetBytes)
    }
    const inHalf = this.#at & 31
    const half = this.#half(this.#at >>> 5)
    const here = 32 - inHalf
    this.#at += count
    if (count <= here) return (half << inHalf) >>> (32 - count)
    const missing = count - here
    const upper = half & (2 ** here - 1)
    return upper * 2 ** missing + (this.#half((this.#at - 1) >>> 5) >>> (32 - missing))
  }

  /** The 32-bit half with this index. Each word is read from its high half, which is the second half in memory. */
  #half(index: number): number {
    return this.#view.getUint32((index ^ 1) * 4, true)
  }
}

class ValueWriter {
  readonly #bytesPerValue: 2 | 4 | 8
  readonly #offsetBytes: number
  readonly #maxValues: number
  readonly #view: DataView<ArrayBuffer>
  #count = 0
  #low = 0
  #high = 0
  #deltaLow = 0
  #deltaHigh = 0

  /** @param bitCount  size of the block; it limits the buffer, because each value takes at least one bit */
  constructor(bitCount: number, bytesPerValue: 2 | 4 | 8, offsetBytes: number) {
    this.#bytesPerValue = bytesPerValue
    this.#offsetBytes = offsetBytes
    this.#maxValues = Math.min(bitCount, maxBlockBytes / bytesPerValue)
    this.#view = new DataView(new ArrayBuffer(this.#maxValues * bytesPerValue))
  }

  addFirst(low: number, high: number): void {
    this.#low = low
    this.#high = high
    this.#store(low, high)
  }

  addDelta(low: number, high: number): void {
    this.#deltaLow = low
    this.#deltaHigh = high
    this.repeatDelta()
  }

  changeDelta(low: number, high: number): void {
    const sum = (this.#deltaLow >>> 0) + (low >>> 0)
    this.addDelta(sum | 0, (this.#deltaHigh + high + (sum > 0xffff_ffff ? 1 : 0)) | 0)
  }

  repeatDelta(): void {
    const sum = (this.#low >>> 0) + (this.#deltaLow >>> 0)
    this.#low = sum | 0
    this.#high = (this.#high + this.#deltaHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0
    this.#store(this.#low, this.#high)
  }

  addNull(): void {
    // The null of a signed type is its lowest value, in which only the top bit is set.
    const lowNull = this.#bytesPerValue === 2 ? 0x8000 : this.#bytesPerValue === 4 ? 0x8000_0000 : 0
    this.#store(lowNull | 0, 0x8000_0000 | 0)
  }

  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer, 0, this.#count * this.#bytesPerValue)
  }

  #store(low: number, high: number): void {
    if (this.#count === this.#maxValues) {
      throw new ProtocolError(
        `A delta block holds more than ${this.#maxValues} values`,
        this.#offsetBytes,
      )
    }
    const at = this.#count * this.#bytesPerValue
    if (this.#bytesPerValue === 2) this.#view.setInt16(at, low, true)
    else this.#view.setInt32(at, low, true)
    if (this.#bytesPerValue === 8) this.#view.setInt32(at + 4, high, true)
    this.#count += 1
  }
}
