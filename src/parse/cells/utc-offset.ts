/*
  Reads the time zone offset after a time: `Z`, `UTC`, `+HH:MM`, `+HHMM`, `+HH`.
*/
import { twoDigits } from './calendar.js'
import { trimmedEnd } from './cell-bytes.js'

const letterZ = 90
const lowerZ = 122
const colon = 58
const dash = 45
const plus = 43

/** The offset in the text that was read last. */
export class UtcOffset {
  isGiven = false
  seconds = 0

  /** Reads the offset at the end of a text, which begins with a time. Returns where the time ends. */
  takeFrom(bytes: Uint8Array, start: number, end: number): number {
    const last = bytes[end - 1]
    this.isGiven = true
    this.seconds = 0
    if (last === letterZ || last === lowerZ) return trimmedEnd(bytes, start, end - 1)
    if (isUtc(bytes, end - 3)) return trimmedEnd(bytes, start, end - 3)
    const sign = signBehind(bytes, start, end)
    const seconds = sign < 0 ? NaN : secondsAt(bytes, sign, end)
    this.isGiven = seconds === seconds
    if (!this.isGiven) return end
    this.seconds = seconds
    return trimmedEnd(bytes, start, sign)
  }
}

function isUtc(bytes: Uint8Array, p: number): boolean {
  return bytes[p] === 0x55 && bytes[p + 1] === 0x54 && bytes[p + 2] === 0x43
}

/** Position of the sign of an offset after a time that begins at `start`; −1 for a time without an offset. */
function signBehind(bytes: Uint8Array, start: number, end: number): number {
  for (let p = end - 3; p >= start + 4 && p >= end - 6; p--) {
    if (bytes[p] === plus || bytes[p] === dash) return p
  }
  return -1
}

/** The offset whose sign is at `sign`, in seconds; NaN if invalid. */
function secondsAt(bytes: Uint8Array, sign: number, end: number): number {
  const hours = twoDigits(bytes, sign + 1)
  const minuteAt = bytes[sign + 3] === colon ? sign + 4 : sign + 3
  const minutes = end === sign + 3 ? 0 : end === minuteAt + 2 ? twoDigits(bytes, minuteAt) : NaN
  if (!(hours <= 23 && minutes <= 59)) return NaN
  const seconds = (hours * 60 + minutes) * 60
  return bytes[sign] === dash ? -seconds : seconds
}
