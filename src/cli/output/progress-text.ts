/*
  The progress of a run: two lines on a terminal, one line elsewhere, numbers for programs.
*/
import { english, type Words } from '../language/words.js'
import type { Figures } from './figures.js'
import { bytesText, clip, clockText, displayWidth, grouped, shortCount } from './terminal-text.js'

export type Signs = readonly [confirmed: string, sent: string, rest: string]

/** The characters of the bar: ASCII if the terminal's locale is not UTF-8. */
export function signsOf(environment: Readonly<Record<string, string | undefined>>): Signs {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || ''
  return /utf-?8/i.test(locale) ? ['█', '▒', '░'] : ['#', '=', '.']
}

/** A part of a line. If not all parts fit, the parts with the highest ranks stay. */
type Part = readonly [rank: number, text: string | undefined]

const between = '  '

/** From this terminal width on, counts of rows are shown with all digits. */
const wideColumns = 120

/** The lines that show progress; each fits the width of the terminal. */
export function barLines(
  figures: Figures,
  columns: number,
  signs: Signs,
  { tell }: Pick<Words, 'tell'> = english,
): string[] {
  const width = Math.max(columns - 1, 1)
  if (figures.phase === 'connecting') return [clip(tell('connecting'), width)]
  if (figures.phase === 'looking') return [lookText(figures, width, signs, tell)]
  const share = shareOf(figures)
  const barColumns = Math.max(8, Math.min(40, Math.floor(width * 0.3)))
  const number = columns >= wideColumns ? grouped : shortCount
  return [
    fitting(width, [
      [9, share === undefined ? undefined : barText(figures, share, barColumns, signs)],
      [5, bytesPart(figures, tell)],
      [6, filesPart(figures, tell)],
      [8, leftPart(figures, tell)],
      [7, figures.phase === 'confirming' ? tell('confirming') : undefined],
    ]),
    fitting(width, rowParts(figures, number, tell)),
  ].filter(line => line !== '')
}

/** `0:10  25%  250 kB of 1.00 MB  file 3 of 1,000  sent …`: a line of a log. */
export function lineText(figures: Figures, { tell }: Pick<Words, 'tell'> = english): string {
  const parts: Part[] = [
    [1, clockText(figures.elapsedMs)],
    ...(figures.phase === 'connecting'
      ? [[1, tell('connecting')] as const]
      : [
          [1, percentText(figures)] as const,
          [1, bytesPart(figures, tell)] as const,
          [1, filesPart(figures, tell)] as const,
          ...rowParts(figures, grouped, tell),
          [1, leftPart(figures, tell)] as const,
          [1, figures.phase === 'confirming' ? tell('confirming') : undefined] as const,
        ]),
  ]
  return fitting(Infinity, parts)
}

/** The progress as numbers (docs/log-format.md#progress). */
export function progressFields(figures: Figures): Record<string, unknown> {
  const { phase, elapsedMs, rows, sentRows, sentBatches, inFlightBytes, input } = figures
  const { bytesRead, totalBytes, settledBytes, leftMs } = figures
  return {
    phase,
    elapsedMs: Math.round(elapsedMs),
    leftMs: leftMs === undefined ? null : Math.round(leftMs),
    bytes: { read: bytesRead, settled: settledBytes, total: totalBytes ?? null },
    inputs: { number: input?.number ?? null, count: input?.count ?? null },
    rows,
    sent: { rows: sentRows, batches: sentBatches, inFlightBytes },
    rate: {
      rowsPerSec: Math.round(figures.rowsPerSec),
      averageRowsPerSec: Math.round(figures.averageRowsPerSec),
      bytesPerSec: Math.round(figures.bytesPerSec),
    },
  }
}

function rowParts(
  figures: Figures,
  number: (count: number) => string,
  tell: Words['tell'],
): Part[] {
  const { rows, sentRows, rowsPerSec, averageRowsPerSec, bytesPerSec, inFlightBytes } = figures
  const isCheck = figures.phase === 'checking'
  return [
    ...(isCheck
      ? [[8, tell('read {rows}', { rows: number(rows.read) })] as const]
      : [
          [7, tell('sent {rows}', { rows: number(sentRows) })] as const,
          [8, tell('confirmed {rows}', { rows: number(rows.confirmed) })] as const,
        ]),
    [
      3,
      rows.skipped === 0
        ? undefined
        : tell('confirmed earlier {rows}', { rows: number(rows.skipped) }),
    ],
    [6, tell('{rate} rows/s', { rate: shortCount(rowsPerSec) })],
    [5, tell('average {rate}', { rate: shortCount(averageRowsPerSec) })],
    [9, rows.rejected === 0 ? undefined : tell('rejected {rows}', { rows: number(rows.rejected) })],
    [2, `${bytesText(bytesPerSec)}/s`],
    [1, isCheck ? undefined : tell('in flight {bytes}', { bytes: bytesText(inFlightBytes) })],
  ]
}

/** Leaves out the parts with the lowest rank until the line fits. */
function fitting(width: number, parts: readonly Part[]): string {
  let kept = parts.filter((part): part is [number, string] => part[1] !== undefined)
  const line = (): string => kept.map(([, text]) => text).join(between)
  while (kept.length > 1 && displayWidth(line()) > width) {
    const least = Math.min(...kept.map(([rank]) => rank))
    kept = kept.filter(([rank]) => rank !== least)
  }
  return clip(line(), width)
}

/** The share of the input that has been read, at most 1 even if a file grows; undefined if the size is unknown. */
function shareOf({
  bytesRead,
  totalBytes,
}: Pick<Figures, 'bytesRead' | 'totalBytes'>): number | undefined {
  if (totalBytes === undefined || totalBytes === 0) return undefined
  return Math.min(1, bytesRead / totalBytes)
}

function percentText(figures: Figures): string | undefined {
  const share = shareOf(figures)
  return share === undefined ? undefined : `${Math.floor(share * 100)}%`
}

function barText(
  figures: Figures,
  share: number,
  columns: number,
  [confirmed, sent, rest]: Signs,
): string {
  const { bytesRead, settledBytes } = figures
  const upTo = Math.floor(columns * share)
  const settled = Math.floor(columns * share * (bytesRead === 0 ? 0 : settledBytes / bytesRead))
  const bar = confirmed.repeat(settled) + sent.repeat(upTo - settled) + rest.repeat(columns - upTo)
  return `${bar} ${percentText(figures)}`
}

/** A bar for one share, its percentage, and the name of the current step. @param share  from 0 to 1 */
export function shareText(
  share: number,
  name: string,
  width: number,
  [done, , rest]: Signs,
): string {
  const columns = Math.floor(usualBar * Math.min(share, 1))
  const bar = done.repeat(columns) + rest.repeat(usualBar - columns)
  return clip(`${bar} ${Math.floor(share * 100)}%${between}${name}`, width)
}

const usualBar = 16

/** Progress while a load inspects its inputs: number of the current file, or bytes read of a single input. */
export function lookText(
  at: Pick<Figures, 'input' | 'bytesRead' | 'totalBytes'>,
  width: number,
  signs: Signs,
  tell: Words['tell'],
): string {
  const { number = 1, count = 1 } = at.input ?? {}
  if (count > 1) {
    const text = tell('looking at file {number} of {count}', { number, count })
    return shareText(Math.max(number - 1, 0) / count, text, width, signs)
  }
  const text = `${tell('looking at the input')}${between}${bytesPart(at, tell)}`
  const share = shareOf(at)
  return share === undefined ? clip(text, width) : shareText(share, text, width, signs)
}

function bytesPart(
  { bytesRead, totalBytes }: Pick<Figures, 'bytesRead' | 'totalBytes'>,
  tell: Words['tell'],
): string {
  return totalBytes === undefined
    ? bytesText(bytesRead)
    : tell('{read} of {total}', { read: bytesText(bytesRead), total: bytesText(totalBytes) })
}

function filesPart({ input }: Figures, tell: Words['tell']): string | undefined {
  if (input === undefined || input.count < 2) return undefined
  const { number, count } = input
  return tell('file {number} of {count}', { number, count })
}

function leftPart({ leftMs }: Figures, tell: Words['tell']): string | undefined {
  return leftMs === undefined ? undefined : tell('{time} left', { time: clockText(leftMs) })
}
