/* Which columns the kernel reads: a type's bounds and null as its calls take them; and the table in which it looks up symbols. */
import { nullDouble, nullFloat } from '../protocol/null-value.js'
import type { Kernel, KernelRead } from './kernel.js'

const most = (bytes: number): bigint => 2n ** BigInt(8 * bytes - 1) - 1n
const nullOf = (bytes: number): bigint => -most(bytes) - 1n

/** Longer numbers are the exact reader's. */
const longest = 10n ** 16n - 1n
const limit = (width: number): bigint => (width === 8 ? longest : most(width))

/** Whole numbers of a type, whose smallest value is its null. @param width  bytes of an element */
const wholeNumbers = (width: 1 | 2 | 4 | 8): KernelRead => integers(width, limit(width), 1n, 1n)

function integers(width: number, highest: bigint, factor: bigint, divisor: bigint): KernelRead {
  const none = nullOf(width)
  return ({ calls, out }, field, from) =>
    calls.integers(field, from, out, width, -highest, highest, factor, divisor, none)
}

/** DECIMAL32 and DECIMAL64. */
function fixedPoints(width: 4 | 8, scale: number): KernelRead {
  const none = nullOf(width)
  return ({ calls, out }, field, from) =>
    calls.fixedPoints(field, from, out, width, -limit(width), limit(width), scale, none)
}

const floats =
  (width: 4 | 8, none: number): KernelRead =>
  ({ calls, out }, field, from) =>
    calls.floats(field, from, out, width, none)

const truths: KernelRead = ({ calls, out }, field, from) =>
  calls.truths(field, from, out, Number(nullOf(1)))

const reads: Readonly<Record<string, KernelRead>> = {
  BOOL: truths,
  CHAR: wholeNumbers(1),
  SHORT: wholeNumbers(2),
  INT: wholeNumbers(4),
  LONG: wholeNumbers(8),
  FLOAT: floats(4, nullFloat),
  DOUBLE: floats(8, nullDouble),
}

/** How the kernel reads cells of a type other than times and texts; undefined if it does not. @param scale  of a decimal */
export function kernelReadOf(type: string, scale: number): KernelRead | undefined {
  if (type === 'DECIMAL32') return fixedPoints(4, scale)
  return type === 'DECIMAL64' ? fixedPoints(8, scale) : reads[type]
}

const nanosPerSecond = 1_000_000_000n

/** What a type of dates and times counts. */
export interface KernelUnit {
  /** Nanoseconds of one unit; 0 for months, which differ in length. */
  readonly unitNanos: number
  /** False for a type that counts from midnight. */
  readonly hasDate: boolean
  readonly isLong: boolean
}

/** The years from 0000 to 1970 are fewer than those up to 9999. */
const mostCountedNanos = 719_528n * 86_400n * nanosPerSecond

/**
 * Counts since 1970; undefined for types that count something else.
 * @param unitDigits  decimals of a second that one count has: 0 for seconds, 9 for nanoseconds
 */
export function counts(unitDigits: number, unit: KernelUnit): KernelRead | undefined {
  const nanos = BigInt(unit.unitNanos)
  if (nanos === 0n || !unit.hasDate) return undefined
  const width = unit.isLong ? 8 : 4
  const countNanos = 10n ** BigInt(9 - unitDigits)
  const factor = countNanos > nanos ? countNanos / nanos : 1n
  const divisor = nanos > countNanos ? nanos / countNanos : 1n
  const held = most(width) * nanos
  const latest = (held < mostCountedNanos ? held : mostCountedNanos) / countNanos
  return integers(width, latest < longest ? latest : longest, factor, divisor)
}

/** The longest text of a time that the kernel reads. */
const longestTime = 32
const half = 16
const layoutBytes = 180
const absent = 0xff
const nine = 9
const zero = 48
/** Fields of a time, in order: year, month, day, hour, minute, second, fraction, digits that do not count. */
const fraction = 6
const defaults = '19700101000000'

/** Texts of one length with the same fields at the same places. */
export interface KernelLayout {
  /** For each field: its place in the text, −1 for none. Each has two digits but the year, the fraction and digits that do not count. */
  readonly at: Int32Array
  /** For each field: its number of digits. */
  readonly digits: Int32Array
  /** The place of each byte that is not a digit, followed by the byte. */
  readonly others: Int32Array
  readonly length: number
  /** The kernel that has the layout, and its reader; undefined if it has none. */
  kernel?: Kernel
  read?: KernelRead | undefined
}

/** The kernel's reader of times of a layout; undefined if it has none. */
export function timesRead(
  kernel: Kernel,
  layout: KernelLayout,
  unit: KernelUnit,
): KernelRead | undefined {
  if (layout.kernel === kernel) return layout.read
  const width = unit.isLong ? 8 : 4
  const hasDate = unit.hasDate ? 1 : 0
  const none = nullOf(width)
  const nanos = BigInt(unit.unitNanos)
  layout.kernel = kernel
  layout.read = undefined
  if (nanos === 0n || layout.length > longestTime) return undefined
  const address = kernel.allocate(layoutBytes)
  if (address === 0) return undefined
  const perSecond = nanosPerSecond / nanos
  const seconds = Number(nanos / nanosPerSecond)
  const unitDigits = String(perSecond).length - 1
  kernel.bytes.set(layoutVectors(layout, unitDigits).subarray(0, layoutBytes), address)
  layout.read = ({ calls, out }, field, from) =>
    calls.times(field, from, out, width, address, perSecond, seconds, hasDate, none)
  return layout.read
}

/** The layout as assembly/kernel.ts takes it (`times`). */
function layoutVectors(
  { at, digits, others, length }: KernelLayout,
  unitDigits: number,
): Uint8Array {
  const vectors = new Uint8Array(12 * half)
  const places = new Uint8Array(2 * half).fill(absent)
  const fractions = new Uint8Array(2 * half).fill(absent)
  const set = (list: Uint8Array, to: number, from: number): void => {
    list[(from < half ? 0 : half) + to] = from % half
  }
  let digit = 0
  for (const [field, place] of at.subarray(0, fraction).entries()) {
    for (let i = 0; i < (field === 0 ? 4 : 2); i++, digit++) {
      if (place < 0) vectors[8 * half + digit] = Number(defaults[digit])
      else set(places, digit, place + i)
    }
  }
  const lastDigits = half - unitDigits
  for (let i = 0; i < digits[fraction]!; i++) {
    set(fractions, i < unitDigits ? lastDigits + i : i - unitDigits, at[fraction]! + i)
  }
  const vectorOf = (place: number): number => (place < half ? 0 : 3 * half) + (place % half)
  for (let i = 0; i < length; i++) {
    vectors[vectorOf(i)] = zero
    vectors[vectorOf(i) + half] = nine
    vectors[vectorOf(i) + 2 * half] = 0xff
  }
  for (let i = 0; i < others.length; i += 2) {
    vectors[vectorOf(others[i]!)] = others[i + 1]!
    vectors[vectorOf(others[i]!) + half] = 0
  }
  vectors.set(places, 6 * half)
  vectors.set(fractions, 9 * half)
  vectors[11 * half] = length
  return vectors
}

/** Longer texts are the exact reader's. */
const longestText = 32
const slotBytes = 48
const firstSlots = 2048
const mostSlots = 32_768

/** The texts of one column. */
export class KnownTexts {
  readonly kernel: Kernel
  #table: number
  #slots = firstSlots
  /** For each number of a text: the address of its slot. */
  readonly #slotOf = new Map<number, number>()

  private constructor(kernel: Kernel, table: number) {
    this.kernel = kernel
    this.#table = table
  }

  /** @returns undefined if the kernel has no memory left */
  static in(kernel: Kernel): KnownTexts | undefined {
    const table = kernel.allocate(firstSlots * slotBytes)
    return table === 0 ? undefined : new KnownTexts(kernel, table)
  }

  /** Writes the numbers of the field's texts from row `from` on to `kernel.out`. Returns the row at which the kernel gave up. */
  read(field: number, from: number): number {
    const { calls, out } = this.kernel
    return calls.symbols(field, from, out, this.#table, this.#slots - 1)
  }

  /** Adds the text at position `start` of the block, unless it is too long or the table is full. */
  add(start: number, byteLength: number, number: number): void {
    const { kernel } = this
    if (byteLength > longestText) return
    if (this.#slotOf.has(number)) return
    if (4 * this.#slotOf.size >= 3 * this.#slots && !this.#grow()) return
    this.#learn(kernel.addressOf(start), byteLength, number)
  }

  #learn(at: number, byteLength: number, number: number): void {
    const { calls } = this.kernel
    this.#slotOf.set(number, calls.learn(at, byteLength, this.#table, this.#slots - 1, number))
  }

  /** Moves the texts to a table of four times the size. */
  #grow(): boolean {
    const slots = 4 * this.#slots
    const table = slots > mostSlots ? 0 : this.kernel.allocate(slots * slotBytes)
    if (table === 0) return false
    this.#table = table
    this.#slots = slots
    for (const [number, slot] of this.#slotOf) {
      this.#learn(slot, this.kernel.words[(slot + longestText) / 4]!, number)
    }
    return true
  }

  /** Forgets all texts. */
  clear(): void {
    this.kernel.bytes.fill(0, this.#table, this.#table + this.#slots * slotBytes)
    this.#slotOf.clear()
  }
}
