/* Sets of input lines. Ranges of batches that touch are merged, so that a million ranges become a few. */
import type { LoadResult } from '../load-result.js'

/** Consecutive lines of one input with the same reason, and how many batches and parts of batches have rows in them. */
type LineRange = LoadResult['confirm']['uncertain'][number]

type Lines = Readonly<Pick<LineRange, 'file' | 'firstLine' | 'lastLine'>>

interface Bytes {
  readonly startBytes: number
  endBytes: number
}

/** Where rows are that are consecutive in an input: lines of the first and the last one, from 1, and bytes. */
export type LinesOfRows = Lines & Readonly<Bytes>

/** Limit of ranges. For further ranges, only the number of batches is recorded (`unnamedBatches`). */
const maxRanges = 1_000

/** Ranges may be added in any order. */
export class LineRanges {
  /** Not merged yet. */
  #ranges: (LineRange & Bytes)[] = []
  #unnamed = 0

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  /** By file, in the order in which the files were added, and line. */
  get ranges(): LineRange[] {
    this.#merge()
    return this.#ranges.map(({ startBytes: _, endBytes: _end, ...range }) => range)
  }

  /** Number of batches whose range exceeded the limit. */
  get unnamedBatches(): number {
    this.#merge()
    return this.#unnamed
  }

  /** Adds all lines from the first to the last, even blank lines and rejected lines between them. */
  add(rows: LinesOfRows, reason: string): void {
    this.#ranges.push({ ...rows, batches: 1, reason })
    if (this.#ranges.length > 2 * maxRanges) this.#merge()
  }

  addAll(others: LineRanges, reason: string): void {
    for (const range of others.#ranges) this.#ranges.push({ ...range, reason })
    this.#unnamed += others.#unnamed
  }

  clear(): void {
    this.#ranges = []
    this.#unnamed = 0
  }

  #merge(): void {
    const files = new Map<string, number>()
    for (const { file } of this.#ranges) if (!files.has(file)) files.set(file, files.size)
    const all = this.#ranges.toSorted((a, b) => {
      return files.get(a.file)! - files.get(b.file)! || a.startBytes - b.startBytes
    })
    const lasts = new Map<string, (typeof all)[number]>()
    const merged: typeof all = []
    for (const range of all) {
      const key = `${range.reason}\n${range.file}`
      const last = lasts.get(key)
      if (last === undefined || last.endBytes < range.startBytes) {
        lasts.set(key, range)
        merged.push(range)
        continue
      }
      last.batches += range.batches
      // The lanes of a batch have the same bytes, and begin and end at different lines.
      last.endBytes = Math.max(last.endBytes, range.endBytes)
      last.firstLine = Math.min(last.firstLine, range.firstLine)
      last.lastLine = Math.max(last.lastLine, range.lastLine)
    }
    for (const { batches } of merged.splice(maxRanges)) this.#unnamed += batches
    this.#ranges = merged
  }
}

/** For example `A.csv, lines 2 to 5001`. */
export function rangeText({ file, firstLine, lastLine }: Lines): string {
  const lines = firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`
  return `${file}, ${lines}`
}
