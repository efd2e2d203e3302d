/*
  Derives the sentences and line ranges of reports from a run's state.
*/
import type { RunState } from './fold.js'
import { rangeText, type LineRange, type LineRanges } from './line-ranges.js'

/** `summaryNote` names at most this many ranges. `uncertainLines` returns all of them. */
const namedRanges = 5

/** A sentence for the summary: why the confirmation is weaker than requested, or what it showed. */
export function summaryNote({ notes, uncertain }: RunState): string | undefined {
  const all = [...notes, ...uncertainNotes(uncertain)]
  return all.length === 0 ? undefined : all.join('. ')
}

/** Lines whose outcome is unknown. */
export function uncertainLines({ uncertain }: RunState): LineRange[] {
  return [...uncertain.ranges]
}

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
