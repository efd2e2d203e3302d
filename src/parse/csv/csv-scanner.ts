/*
  Scans delimited text of any dialect whose quote and escape character are bytes: usual records with the block's kernel, all others
  by a walk. Cells stay in place in the window; only unescaped fields are written after the window's content.
*/
import type { ScanRules } from '../../kernel/kernel.js'
import { carriageReturn, lineFeed, markStarts } from '../line-ends.js'
import { faulty, unfinished } from '../line-format.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { isByte, type CsvDialect } from './csv-dialect.js'
import type { RecordScanner } from './csv-tokenizer.js'
import { RecordWalk } from './record-walk.js'

const leastReach = 1024
const mostReach = 160 * 1024

/**
 * Makes the scanners for inputs of a dialect, which are read one after the other. Only for a dialect whose quote and escape character are
 * bytes (`isByteDialect`).
 */
export function scannersOf(dialect: CsvDialect): (lines: LineTokenizer) => CsvScanner {
  const { quotes } = dialect
  const isLax = quotes !== 'strict'
  const walk = new RecordWalk(dialect, { isStrict: true, isLax, hasFormulas: quotes === 'excel' })
  const shared = { walk, rules: scanRules(dialect) }
  return lines => new CsvScanner(lines, shared)
}

/** Undefined for dialects that the kernel does not know. */
function scanRules(dialect: CsvDialect): ScanRules | undefined {
  const { delimiter, quote, escape, quotes, comment, trim, ...limits } = dialect
  const isDoubled = quote === '' || escape === quote
  if (!isByte(delimiter) || !isDoubled || trim || quotes !== 'strict') return undefined
  const others = new Uint8Array(256)
  const [commentStart = lineFeed] = Buffer.from(comment)
  for (const byte of [lineFeed, carriageReturn, commentStart, ...markStarts]) others[byte] = 1
  const { trailingDelimiter, maxRecordBytes } = limits
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: quote === '' ? -1 : quote.charCodeAt(0),
    ...{ trailingDelimiter, maxRecordBytes, others, header: new Uint8Array(0) },
  }
}

/** What the scanners of successive inputs share. */
interface Shared {
  readonly walk: RecordWalk
  /** With the last header. */
  rules: ScanRules | undefined
}

class CsvScanner implements RecordScanner {
  readonly walk: RecordWalk
  readonly #lines: LineTokenizer
  readonly #shared: Shared
  /** How many bytes the kernel searches at a time: fewer where it often gives up. */
  #reach = mostReach

  constructor(lines: LineTokenizer, shared: Shared) {
    this.#lines = lines
    this.walk = shared.walk
    this.#shared = shared
  }

  set header(header: Uint8Array) {
    const { rules } = this.#shared
    if (rules !== undefined && rules.header !== header) this.#shared.rules = { ...rules, header }
  }

  scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number {
    const lines = this.#lines
    const { window } = lines
    const { kernel } = block
    const { rules } = this.#shared
    if (rules === undefined || kernel === undefined) return row
    const { textEnd } = kernel
    kernel.useRules(rules)
    let next = row
    while (window.start < Math.min(stopAt, textEnd) && next < rowEnd) {
      const { start } = window
      const end = Math.min(textEnd, start + this.#reach)
      const from = next
      next = kernel.scan(block, start, end, stopAt, from, rowEnd, lines.lineNumber)
      window.start = kernel.nextStart
      lines.lineNumber += next - from
      const isGivenUp = kernel.hasGivenUp
      // The text after a record that the kernel gave up is searched again.
      this.#reach = isGivenUp
        ? Math.max(leastReach, 2 * (window.start - start))
        : Math.min(mostReach, 4 * this.#reach)
      if (isGivenUp || end === textEnd) break
    }
    return next
  }

  scan(start: number): number {
    const { walk } = this
    walk.limitTo(start, this.#lines)
    if (walk.walk(start)) return walk.next
    return walk.badQuoteAt < 0 ? unfinished : faulty
  }
}
