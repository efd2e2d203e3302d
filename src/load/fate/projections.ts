/*
  What a run tells of its rows, read from where they stand.
*/
import type { RunState } from './fold.js'
import { rangeText, type LineRange, type LineRanges } from './line-ranges.js'

/** Ranges in the sentence; `uncertainLines` has them all. */
const namedRanges = 5

/** Why confirmation is less than was asked for, or what it found; for the summary. */
export function summaryNote({ notes, uncertain }: RunState): string | undefined {
  const all = [...notes, ...uncertainNotes(uncertain)]
  return all.length === 0 ? undefined : all.join('. ')
}

/** Where the rows come from of which nobody knows what became, or that are not as they were sent. */
export function uncertainLines({ uncertain, different }: RunState): LineRange[] {
  return [...uncertain.ranges, ...different.ranges]
}

/** Nobody knows what became of some batch. */
export function hasUncertain({ uncertain }: RunState): boolean {
  return uncertain.ranges.length > 0
}

function uncertainNotes(uncertain: LineRanges): string[] {
  const { ranges, unnamedBatches } = uncertain
  if (ranges.length === 0) return []
  const named = ranges
    .slice(0, namedRanges)
    .map(range => `${rangeText(range)} (${batchesText(range.batches)}): ${range.reason}`)
  const rest =
    ranges.slice(namedRanges).reduce((sum, { batches }) => sum + batches, 0) + unnamedBatches
  return [`uncertain: ${named.join('; ')}${rest === 0 ? '' : `; and ${batchesText(rest)} more`}`]
}

function batchesText(count: number): string {
  return count === 1 ? '1 batch' : `${count} batches`
}
