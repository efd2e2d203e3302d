/*
  Writes delta-of-delta blocks (see `delta-of-delta.ts`). Computes 64-bit numbers as two 32-bit halves.
*/

/** Length of the end mark in bits: the prefix 111110, 64 one bits and a 0. */
const endMarkBits = 71
/** Room for the bits not yet written, one more value and the end mark, in bytes. */
const valueAndEndBytes = 48

/**
 * Writes one block.
 * @param source  elements in the form in which columns store them, aligned to their width
 * @param targetEnd  the block must end before this position of `target`
 * @returns the position in `target` after the block; −1 if it does not fit, or if a difference is too large
 */
export function encodeDelta(
  source: Uint8Array,
  width: 2 | 4 | 8,
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
function putZigzag(low: number, high: number, width: 2 | 4 | 8): boolean {
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
