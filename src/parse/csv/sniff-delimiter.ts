/*
  Finds the delimiter in the first line, when nobody named it.
*/
import type { CsvDialect } from './csv-dialect.js'

/** A first line longer than this is looked at as far as this. */
export const sniffBytes = 65_536

const candidates = [',', '\t', ';', '|'] as const

/** What stands before the first record. */
export type LineLayout = Pick<CsvDialect, 'comment' | 'skipLines'>

/** The line in which the first record begins; undefined when it is not complete yet. */
export function firstLine(start: Uint8Array, layout: LineLayout): string | undefined {
  return recordLine(linesOf(start).slice(0, -1), layout)
}

/**
 * The candidate that stands most often in the first record's line, outside of quotes; `,` when none does.
 *
 * @param start  the first bytes of the input
 */
export function sniffDelimiter(start: Uint8Array, quote: string, layout: LineLayout): string {
  const counts = new Map<string, number>(candidates.map(candidate => [candidate, 0]))
  let quoted = false
  for (const c of recordLine(linesOf(start), layout) ?? '') {
    const count = counts.get(c)
    if (c === quote) quoted = !quoted
    else if (!quoted && count !== undefined) counts.set(c, count + 1)
  }
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}

function recordLine(
  lines: readonly string[],
  { comment, skipLines }: LineLayout,
): string | undefined {
  return lines
    .slice(skipLines)
    .find(line => line !== '' && (comment === '' || !line.startsWith(comment)))
}

function linesOf(start: Uint8Array): string[] {
  const text = Buffer.from(start.subarray(0, sniffBytes)).toString('latin1')
  return text.split(/\r\n|\n|\r/)
}
