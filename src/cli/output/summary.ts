/*
  What a finished load says: five lines on standard output, and with --verbose the figures of the run.
*/
import { confirmationWords } from '../../load/transport/confirmations.js'
import { detectedText } from '../../load/inputs/detected.js'
import type { LoadResult, RowCounts } from '../../load/options.js'
import { withFlags } from '../options/reading/field-flags.js'
import { verifyText } from '../../load/verify/verifier.js'
import {
  bytesText,
  clean,
  counted,
  durationText,
  fieldLines,
  grouped,
  wrapped,
} from './terminal-text.js'

/** `read 10 = confirmed 9 + unconfirmed 0 + rejected 1 + skipped 0 + unsent 0`. */
export function equationText(rows: RowCounts): string {
  const { read, confirmed, unconfirmed, rejected, skipped, unsent } = rows
  const parts = { confirmed, unconfirmed, rejected, skipped, unsent }
  const right = Object.entries(parts).map(([name, rowCount]) => `${name} ${grouped(rowCount)}`)
  return `read ${grouped(read)} = ${right.join(' + ')}`
}

/**
 * Five lines: what went where, how fast, what was refused and why, how it is known, what to do next.
 *
 * @param next  a command; undefined when nothing is left to be done
 * @param columns  width of the terminal; undefined leaves lines whole
 */
export function summaryLines(
  result: LoadResult,
  next: string | undefined,
  isVerbose: boolean,
  columns: number | undefined,
): string[] {
  const fields: [string, string][] = [
    ['took', speedText(result)],
    ['refused', refusedText(result)],
    ['proof', `${confirmText(result)}${storedText(result)}`],
    ...(isVerbose ? [['rows', equationText(result.rows)] as [string, string]] : []),
    ['next', next ?? 'nothing'],
  ]
  const cleaned = fields.map(([label, text]) => [label, clean(text)] as const)
  return [
    ...wrapped(clean(headText(result)), columns ?? Infinity),
    ...fieldLines(cleaned, columns, label => label === 'next'),
  ]
}

function headText(result: LoadResult): string {
  const { rows, target } = result
  const into = `${target.table ?? target.function} on ${target.host}`
  if (result.alreadyLoaded || isAllSkipped(result)) {
    const what = rows.skipped === 0 ? 'this run' : `${counted(rows.skipped, 'row')} of this run`
    return `Already loaded: ${what} into ${into}, nothing was left to do`
  }
  const { read, confirmed, skipped, unconfirmed } = rows
  const isAll = read === confirmed + skipped || (isHandedOver(result) && read === unconfirmed)
  const ofAll = isAll ? '' : `, of ${grouped(read)} read`
  return `${claimOf(result)} into ${into}${ofAll}`
}

function speedText({ startedAt, endedAt, rate, connections, batchRows }: LoadResult): string {
  const elapsedMs = Date.parse(endedAt) - Date.parse(startedAt)
  const over = connections > 1 ? `, over ${connections} connections` : ''
  const speed = `${grouped(rate.rowsPerSec)} rows/s, ${bytesText(rate.bytesPerSec)}/s`
  return `${durationText(elapsedMs)}: ${speed}${over}${foundText(batchRows)}`
}

/** Most codes that are named; --json has them all. */
const shownCodes = 3

/** Rows that are not in the table, and why. */
function refusedText({ rows, rejects }: LoadResult): string {
  const { byCode, files, unplaced } = rejects
  const codes = Object.entries(byCode).sort(([, a], [, b]) => b - a)
  const more = codes.length - shownCodes
  const why = [
    ...codes.slice(0, shownCodes).map(([code, count]) => `${code} ${grouped(count)}`),
    ...(more > 0 ? [`${more} more`] : []),
  ].join(', ')
  const where = files.length === 0 ? '' : `, in ${files[0]!.path}`
  const others = files.length < 2 ? '' : ` and ${counted(files.length - 1, 'more file')}`
  const lost = unplaced === 0 ? '' : `, ${grouped(unplaced)} of them in no file`
  const parts = [
    rows.rejected === 0
      ? 'nothing'
      : `${counted(rows.rejected, 'row')}${why === '' ? '' : `: ${why}`}${where}${others}${lost}`,
    ...(rows.unsent === 0 ? [] : [`${counted(rows.unsent, 'row')} not sent`]),
  ]
  return parts.join('; ')
}

/** What earlier processes of the run have sent was all that there was. */
function isAllSkipped({ rows, status }: LoadResult): boolean {
  return status === 'loaded' && rows.skipped > 0 && rows.skipped === rows.read
}

function claimOf(result: LoadResult): string {
  const { rows } = result
  const before = rows.skipped === 0 ? '' : ` (${grouped(rows.skipped)} were loaded before)`
  return `${doneOf(result)}${before}`
}

/** Nothing was asked of the server. */
function isHandedOver({ rows, confirm }: Pick<LoadResult, 'rows' | 'confirm'>): boolean {
  return confirm.used === 'none' && rows.skipped === 0 && rows.unconfirmed > 0
}

function doneOf({ rows, status, confirm }: LoadResult): string {
  if (status === 'failed') return `Failed after ${counted(rows.confirmed, 'confirmed row')}`
  if (status === 'interrupted')
    return `Interrupted after ${counted(rows.confirmed, 'confirmed row')}`
  if (rows.read === 0) return 'No rows to load'
  if (isHandedOver({ rows, confirm })) return `Handed over ${counted(rows.unconfirmed, 'row')}`
  return `Loaded ${counted(rows.confirmed, 'row')}`
}

function confirmText({ confirm, rows, batches, duplicates }: LoadResult): string {
  // Nothing had to be asked, as nothing was sent.
  if (confirm.used === 'none' && rows.skipped > 0) return 'confirmed by an earlier process'
  if (batches.sent === 0 && rows.confirmed + rows.unconfirmed === 0) {
    return confirm.note === null ? 'nothing was sent' : `nothing was sent: ${confirm.note}`
  }
  const how =
    confirm.verified === null
      ? confirmationWords[confirm.used]
      : `${confirmationWords[confirm.used]}; ${verifyText(confirm.verified)}${notReadText(rows)}`
  const note = confirm.note === null ? '' : `: ${confirm.note}`
  return `${how}${note}${doubtText(rows)}${duplicatesText(duplicates)}`
}

function doubtText({ unconfirmed }: RowCounts): string {
  return unconfirmed === 0 ? '' : `; ${counted(unconfirmed, 'row')} unconfirmed`
}

/** Rows that a key has kept out, or that took the place of others. */
function duplicatesText(duplicates: LoadResult['duplicates']): string {
  return duplicates === null || duplicates === 0
    ? ''
    : `; ${grouped(duplicates)} of them with a key that the table had`
}

/** How safe the confirmed rows are; unknown where rows were confirmed and the server does not tell. */
function storedText({ stored, rows }: LoadResult): string {
  if (rows.confirmed + rows.skipped === 0) return ''
  return `; stored: ${stored.grade ?? 'unknown'}`
}

/** Larger batches have made the run faster. */
function foundText({ first, found }: LoadResult['batchRows']): string {
  return found === null || found === first ? '' : `, in batches of up to ${grouped(found)} rows`
}

function notReadText({ skipped }: LoadResult['rows']): string {
  return skipped === 0 ? '' : `; not read back: ${counted(skipped, 'row')} of earlier processes`
}

/**
 * Lines for standard error after a run: rejects, and figures with --verbose.
 *
 * @param isApart  the summary does not stand on the same screen
 */
export function detailLines(result: LoadResult, verbose: boolean, isApart: boolean): string[] {
  const lines: string[] = []
  const { rejects } = result
  if (result.rows.rejected > 0 && (isApart || rejects.files.length > 1)) {
    const codes = Object.entries(rejects.byCode).map(([code, rows]) => `${code} ${grouped(rows)}`)
    lines.push(`${counted(result.rows.rejected, 'row')} rejected (${codes.join(', ')})`)
    lines.push(...placeLines(rejects))
  }
  if (result.inputTotals.count > 1) lines.push(...inputLines(result.inputs))
  return verbose ? [...lines, ...figureLines(result)] : lines
}

/** What a log of objects says of a run (docs/log-format.md#result). */
export function resultFields(result: LoadResult): Record<string, unknown> {
  const { runId, status, exitCode, alreadyLoaded, startedAt, endedAt } = result
  const { rows, duplicates, rejects, rate, connections, batches, confirm, stored } = result
  return {
    ...{ runId, status, exitCode, alreadyLoaded },
    elapsedMs: Date.parse(endedAt) - Date.parse(startedAt),
    rows,
    duplicates,
    confirmed: { by: confirm.used, stored: stored.grade },
    rejects: { byCode: rejects.byCode, files: rejects.files, unplaced: rejects.unplaced },
    ...{ batches, connections, rate },
  }
}

/** Most inputs named one by one; --json has them all. */
const shownInputs = 10

/** Which of several inputs had something wrong, and what first. */
function inputLines(inputs: LoadResult['inputs']): string[] {
  const wrong = inputs.filter(({ rejected, firstError }) => rejected > 0 || firstError !== null)
  const lines = wrong.slice(0, shownInputs).map(({ path, rows, rejected, firstError }) => {
    const line = firstError?.lineNumber ? `line ${firstError.lineNumber}: ` : ''
    const first = firstError === null ? '' : `; first: ${line}${withFlags(firstError.message)}`
    return `${path}: ${grouped(rejected)} of ${counted(rows, 'row')} rejected${first}`
  })
  const more = wrong.length - lines.length
  return more > 0 ? [...lines, `and ${counted(more, 'more input')} with rejected rows`] : lines
}

/** Where the rejected rows are; nothing where they were not to be kept. */
function placeLines({ files, unplaced }: LoadResult['rejects']): string[] {
  const isOne = files.length === 1 && unplaced === 0
  const lines = files.map(({ path, rows }) => {
    const who = isOne ? 'they' : `${grouped(rows)} of them`
    return `${who} are in ${path}, the reasons in ${path}.reasons.ndjson`
  })
  if (unplaced === 0) return lines
  return [...lines, `${grouped(unplaced)} of them are without a place: they are in the input alone`]
}

/** What the grade follows from. */
function storedLines({
  grade,
  dataSync,
  cacheEngine,
  replicas,
  pendingTransactions,
}: LoadResult['stored']): string[] {
  if (grade === null || grade === 'in memory') return []
  const known = [
    dataSync === true ? 'writes are forced to disk' : 'writes are not forced to disk',
    cacheEngine === true ? 'through the cache engine' : undefined,
    replicas === null ? undefined : counted(replicas, 'replica'),
    pendingTransactions === null
      ? undefined
      : `${counted(pendingTransactions, 'transaction')} waiting to be flushed`,
  ]
  return [`stored ${grade}: ${known.filter(text => text !== undefined).join(', ')}`]
}

function latencyTexts(latencyMs: LoadResult['latencyMs']): string[] {
  return Object.entries(latencyMs).flatMap(([name, ms]: [string, number | null]) =>
    ms === null ? [] : [`${name} ${ms.toFixed(1)} ms`],
  )
}

function connectionLine(
  { batches, rows, bytes, latencyMs }: LoadResult['byConnection'][number],
  index: number,
): string {
  const figures = [counted(batches, 'batch', 'batches'), counted(rows, 'row'), bytesText(bytes)]
  return `connection ${index + 1}: ${[...figures, ...latencyTexts(latencyMs)].join(', ')}`
}

function figureLines({
  inputs,
  threads,
  columns,
  connections,
  connectionsNote,
  batches,
  byConnection,
  latencyMs,
  rate,
  memory,
  stored,
}: LoadResult): string[] {
  const latency = latencyTexts(latencyMs)
  return [
    ...inputs.map(
      input =>
        `input ${input.path}: ${[input.format, input.compression].filter(Boolean).join(', ')}, ${bytesText(input.bytes)}, ${counted(input.rows, 'row')}` +
        `${input.ragged === 0 ? '' : `, ${grouped(input.ragged)} padded or cut`}${input.detected === null ? '' : `; ${detectedText(input.detected)}`}`,
    ),
    `read by ${counted(threads, 'thread')}`,
    ...columns.map(
      column =>
        `column ${column.name} ${column.type}: ${counted(column.nulls, 'null')}, ${grouped(column.coerced)} coerced`,
    ),
    `batches: ${grouped(batches.sent)} sent, ${grouped(batches.retried)} retried, ${grouped(batches.failed)} failed, over ${counted(connections, 'connection')}${connectionsNote === null ? '' : ` (auto: ${withFlags(connectionsNote)})`}`,
    ...(byConnection.length > 1 ? byConnection.map(connectionLine) : []),
    ...(latency.length === 0 ? [] : [`latency: ${latency.join(', ')}`]),
    ...storedLines(stored),
    `rate: ${bytesText(rate.bytesPerSec)}/s`,
    ...(memory.peakRssBytes === null ? [] : [`peak memory: ${bytesText(memory.peakRssBytes)}`]),
  ]
}
