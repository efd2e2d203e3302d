/*
  Sets of input lines. Ranges of batches that touch are merged, so that a million ranges become a few.
*/
import type { BatchRange } from './place.js'

/** Consecutive lines of one input with the same reason. */
export interface LineRange {
  readonly file: string
  /** From 1. */
  readonly firstLine: number
  lastLine: number
  /** Number of batches, and of parts of batches, whose rows lie in the range. */
  batches: number
  readonly reason: string
}

interface OpenRange extends LineRange {
  startBytes: number
  endBytes: number
}

/** Limit of ranges. For further ranges, only the number of batches is recorded (`unnamedBatches`). */
const maxRanges = 1_000

/** Ranges may be added in any order. */
export class LineRanges {
  readonly #ranges = new Set<OpenRange>()
  /** The ranges by the byte at which they begin or end. A key also contains the file and the reason. */
  readonly #byStart = new Map<string, OpenRange>()
  readonly #byEnd = new Map<string, OpenRange>()
  #unnamed = 0
  /** Set while there is exactly one range. It may have grown since `#byEnd` got it, with the end `knownEndBytes`. */
  #alone: { readonly range: OpenRange; readonly knownEndBytes: number } | undefined

  /** In the order in which the ranges were created. */
  get ranges(): LineRange[] {
    return [...this.#ranges].map(({ file, firstLine, lastLine, batches, reason }) => ({
      file,
      firstLine,
      lastLine,
      batches,
      reason,
    }))
  }

  /** Number of batches whose range exceeded the limit. */
  get unnamedBatches(): number {
    return this.#unnamed
  }

  /** Adds all lines from the first to the last, even blank lines and rejected lines between them. */
  add({ file, firstLine, lastLine, startBytes, endBytes }: BatchRange, reason: string): void {
    const alone = this.#alone?.range
    if (alone?.endBytes === startBytes && alone.file === file && alone.reason === reason) {
      alone.endBytes = endBytes
      alone.lastLine = lastLine
      alone.batches++
    } else this.#insert({ file, firstLine, lastLine, batches: 1, reason, startBytes, endBytes })
  }

  addAll(others: LineRanges, reason: string): void {
    for (const range of others.#ranges) this.#insert({ ...range, reason })
    this.#unnamed += others.#unnamed
  }

  clear(): void {
    this.#alone = undefined
    this.#ranges.clear()
    this.#byStart.clear()
    this.#byEnd.clear()
    this.#unnamed = 0
  }

  #insert(range: OpenRange): void {
    this.#settleAlone()
    this.#place(range)
    const [only] = this.#ranges
    if (this.#ranges.size === 1) this.#alone = { range: only!, knownEndBytes: only!.endBytes }
  }

  #settleAlone(): void {
    if (this.#alone === undefined) return
    const { range, knownEndBytes } = this.#alone
    this.#alone = undefined
    this.#byEnd.delete(keyOf(range, knownEndBytes))
    this.#byEnd.set(keyOf(range, range.endBytes), range)
  }

  #place(range: OpenRange): void {
    // A batch that is divided by lane adds the same lines several times.
    const around = this.#byStart.get(keyOf(range, range.startBytes))
    const last = this.#byEnd.get(keyOf(range, range.endBytes))
    for (const whole of [around, last]) {
      if (whole === undefined || !includes(whole, range)) continue
      whole.batches += range.batches
      return
    }
    const before = this.#byEnd.get(keyOf(range, range.startBytes))
    const after = this.#byStart.get(keyOf(range, range.endBytes))
    if (before !== undefined) {
      this.#byEnd.delete(keyOf(before, before.endBytes))
      before.endBytes = range.endBytes
      before.lastLine = range.lastLine
      before.batches += range.batches
      if (after !== undefined && after !== before) {
        this.#remove(after)
        before.endBytes = after.endBytes
        before.lastLine = after.lastLine
        before.batches += after.batches
      }
      this.#byEnd.set(keyOf(before, before.endBytes), before)
      return
    }
    if (after !== undefined) this.#remove(after)
    const merged = after === undefined ? range : joined(range, after)
    if (this.#ranges.size >= maxRanges) {
      this.#unnamed += merged.batches
      return
    }
    this.#ranges.add(merged)
    this.#byStart.set(keyOf(merged, merged.startBytes), merged)
    this.#byEnd.set(keyOf(merged, merged.endBytes), merged)
  }

  #remove(range: OpenRange): void {
    this.#ranges.delete(range)
    this.#byStart.delete(keyOf(range, range.startBytes))
    this.#byEnd.delete(keyOf(range, range.endBytes))
  }
}

function includes(whole: OpenRange, { startBytes, endBytes }: OpenRange): boolean {
  return whole.startBytes <= startBytes && endBytes <= whole.endBytes
}

function joined(range: OpenRange, after: OpenRange): OpenRange {
  return {
    ...range,
    lastLine: after.lastLine,
    endBytes: after.endBytes,
    batches: range.batches + after.batches,
  }
}

function keyOf({ file, reason }: LineRange, atBytes: number): string {
  return `${atBytes} ${reason}\n${file}`
}

/** For example `A.csv, lines 2 to 5001`. */
export function rangeText({ file, firstLine, lastLine }: LineRange): string {
  return firstLine === lastLine
    ? `${file}, line ${firstLine}`
    : `${file}, lines ${firstLine} to ${lastLine}`
}
