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

export type Width = 2 | 4 | 8

/** Limit of one block: the bytes that its decompressed values take. */
const maxBlockBytes = 65_536
/** Length of the end mark: the prefix 111110, 64 one bits and a 0. */
const endMarkBits = 71
const lengthsAfterOnes = [0, 7, 9, 16, 32, 64] as const

/** The elements as columns store them. @param offsetBytes  the block's position in its stream, for errors */
export function decodeDeltaOfDelta(
  block: Uint8Array,
  bytesPerValue: Width,
  offsetBytes: number,
): Uint8Array<ArrayBuffer> {
  const fail: Fail = problem => {
    throw new ProtocolError(`A delta block ${problem}`, offsetBytes)
  }
  if (block.length % 8 !== 0) fail(`of ${block.length} bytes is not made of 8-byte words`)
  const bits = new BitReader(block, fail)
  const values = new ValueWriter(block.length * 8, bytesPerValue, fail)
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

type Fail = (problem: string) => never

class BitReader {
  readonly #view: DataView
  readonly #bitCount: number
  readonly #fail: Fail
  #at = 0
  /** Lower half of the number that `read` returned last; `high` is the upper half. */
  low = 0
  high = 0

  constructor(block: Uint8Array, fail: Fail) {
    this.#view = new DataView(block.buffer, block.byteOffset, block.byteLength)
    this.#bitCount = block.byteLength * 8
    this.#fail = fail
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
    if (this.#at + count > this.#bitCount) this.#fail('ends without its end mark')
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
  readonly #bytesPerValue: Width
  readonly #fail: Fail
  readonly #maxValues: number
  readonly #view: DataView<ArrayBuffer>
  #count = 0
  #low = 0
  #high = 0
  #deltaLow = 0
  #deltaHigh = 0

  /** @param bitCount  size of the block; it limits the buffer, because each value takes at least one bit */
  constructor(bitCount: number, bytesPerValue: Width, fail: Fail) {
    this.#bytesPerValue = bytesPerValue
    this.#fail = fail
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
    if (this.#count === this.#maxValues) this.#fail(`holds more than ${this.#maxValues} values`)
    const at = this.#count * this.#bytesPerValue
    if (this.#bytesPerValue === 2) this.#view.setInt16(at, low, true)
    else this.#view.setInt32(at, low, true)
    if (this.#bytesPerValue === 8) this.#view.setInt32(at + 4, high, true)
    this.#count += 1
  }
}

/** Room for the bits not yet written, one more value and the end mark, in bytes. */
const valueAndEndBytes = 48

/** @param source  aligned to its width @returns the position in `target` after the block; −1 if it, or a difference, does not fit */
export function encodeDelta(
  source: Uint8Array,
  width: Width,
  target: DataView,
  targetStart: number,
  targetEnd: number,
): number {
  const values =
    width === 2
      ? new Int16Array(source.buffer, source.byteOffset, source.length >> 1)
      : new Int32Array(source.buffer, source.byteOffset, source.length >> 2)
  const step = width === 8 ? 2 : 1
  const lowNull = width === 2 ? -0x8000 : width === 4 ? -0x8000_0000 : 0
  startBits(target, targetStart)
  if (targetStart + valueAndEndBytes > targetEnd) return -1
  let known = 0
  let low = 0
  let high = 0
  let deltaLow = 0
  let deltaHigh = 0
  for (let index = 0; index < values.length; index += step) {
    if (bitsAt + valueAndEndBytes > targetEnd) return -1
    const nextLow = values[index]!
    const nextHigh = width === 8 ? values[index + 1]! : nextLow >> 31
    if (nextLow === lowNull && (width < 8 || nextHigh === -0x8000_0000)) {
      if (known < 2) putBits(0, 1)
      else putBits(0b111111, 6)
    } else if (known === 0) {
      putBits(1, 1)
      putZigzag(nextLow, nextHigh, width)
      known = 1
      low = nextLow
      high = nextHigh
    } else {
      const moveLow = (nextLow - low) | 0
      const moveHigh = (nextHigh - high - (nextLow >>> 0 < low >>> 0 ? 1 : 0)) | 0
      if (((nextHigh ^ high) & (nextHigh ^ moveHigh)) < 0) return -1
      low = nextLow
      high = nextHigh
      if (known === 1) {
        putBits(1, 1)
        if (!putZigzag(moveLow, moveHigh, width)) return -1
        known = 2
      } else if (moveLow === deltaLow && moveHigh === deltaHigh) {
        putBits(0, 1)
      } else {
        const changeLow = (moveLow - deltaLow) | 0
        const changeHigh = (moveHigh - deltaHigh - (moveLow >>> 0 < deltaLow >>> 0 ? 1 : 0)) | 0
        if (((moveHigh ^ deltaHigh) & (moveHigh ^ changeHigh)) < 0) return -1
        putChange(changeLow, changeHigh)
      }
      deltaLow = moveLow
      deltaHigh = moveHigh
    }
  }
  putBits(0b111110, 6)
  putBits(-1, 32)
  putBits(-1, 32)
  putBits(0, endMarkBits - 70)
  return endBits()
}

/** Writes zigzag(change) − 1 for a change other than 0, in the shortest form that has enough bits. */
function putChange(changeLow: number, changeHigh: number): void {
  const sign = changeHigh >> 31
  let low = (changeLow << 1) ^ sign
  let high = ((changeHigh << 1) | (changeLow >>> 31)) ^ sign
  if (low === 0) high = (high - 1) | 0
  low = (low - 1) | 0
  const small = low >>> 0
  if (high !== 0) {
    putBits(0b111110, 6)
    putBits(high, 32)
    putBits(low, 32)
  } else if (small < 128) putBits((0b10 << 7) | low, 9)
  else if (small < 512) putBits((0b110 << 9) | low, 12)
  else if (small < 65_536) putBits((0b1110 << 16) | low, 20)
  else {
    putBits(0b11110, 5)
    putBits(low, 32)
  }
}

/** @returns false if the number needs more bits than the values of the column have */
function putZigzag(low: number, high: number, width: Width): boolean {
  const sign = high >> 31
  const codeLow = (low << 1) ^ sign
  const codeHigh = ((high << 1) | (low >>> 31)) ^ sign
  if (width === 8) {
    putBits(codeHigh, 32)
    putBits(codeLow, 32)
    return true
  }
  putBits(codeLow, width * 8)
  return codeHigh === 0 && (width === 4 || codeLow >>> 0 < 65_536)
}

// The state is in variables of the module, because only one block is written at a time. Bits fill 32-bit halves of
// words, the highest bit first.
let bitsTarget: DataView
let bitsStart = 0
/** Byte position of the current 32-bit half, counted as if the high half of each 64-bit word came first in memory. */
let bitsAt = 0
let half = 0
let free = 32

function startBits(target: DataView, start: number): void {
  bitsTarget = target
  bitsStart = start
  bitsAt = start
  half = 0
  free = 32
}

/** Writes the lowest `count` bits of `value`; `count` is 1 to 32. */
function putBits(value: number, count: number): void {
  const bits = count === 32 ? value : value & ((1 << count) - 1)
  if (count < free) {
    free -= count
    half |= bits << free
    return
  }
  const left = count - free
  putHalf(half | (bits >>> left))
  free = 32 - left
  half = left === 0 ? 0 : bits << free
}

/** The low half of a 64-bit word comes first in memory. */
function putHalf(value: number): void {
  const isHigh = ((bitsAt - bitsStart) & 4) === 0
  bitsTarget.setInt32(isHigh ? bitsAt + 4 : bitsAt - 4, value, true)
  bitsAt += 4
}

function endBits(): number {
  if (free < 32) putHalf(half)
  if (((bitsAt - bitsStart) & 4) !== 0) putHalf(0)
  return bitsAt
}
