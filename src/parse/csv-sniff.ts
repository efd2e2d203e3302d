/*
  Finds the delimiter in the first line, when nobody named it.
*/
const candidates = [',', '\t', ';', '|'] as const

/**
 * The candidate that stands most often in the line outside of quotes; `,` when none does.
 *
 * @param start  bytes from the first record on
 */
export function sniffDelimiter(start: Uint8Array, quote: string): string {
  const text = Buffer.from(start).toString('latin1')
  const counts = new Map<string, number>(candidates.map(candidate => [candidate, 0]))
  let quoted = false
  for (const c of text) {
    if (c === quote) quoted = !quoted
    else if (!quoted && (c === '\n' || c === '\r')) break
    else if (!quoted && counts.has(c)) counts.set(c, counts.get(c)! + 1)
  }
  const best = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))
  return best[0]
}
