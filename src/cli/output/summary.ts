/*
  The summary of a finished load: five lines on standard output; with --verbose also the figures of the run.
*/
import { confirmationWords } from '../../load/transport/confirmations.js'
import { detectedText } from '../../load/inputs/detected.js'
import type { LoadResult, RowCounts } from '../../load/options.js'
import { withFlags } from '../options/reading/field-flags.js'
import { english, type Words } from '../language/words.js'
import { bytesText, clean, durationText, fieldLines, grouped, wrapped } from './terminal-text.js'

/** `read 10 = confirmed 9 + filtered 0 + unconfirmed 0 + rejected 1 + skipped 0 + unsent 0`. */
export function equationText(rows: RowCounts, { tell }: Words = english): string {
  const { read, confirmed, filtered, unconfirmed, rejected, skipped, unsent } = rows
  const parts = { confirmed, filtered, unconfirmed, rejected, skipped, unsent }
  const right = Object.entries(parts).map(
    ([name, rowCount]) => `${tell(name as keyof typeof parts)} ${grouped(rowCount)}`,
  )
  return `${tell('read')} ${grouped(read)} = ${right.join(' + ')}`
}

/**
 * Five lines: row counts by outcome, speed, refused rows and why, the proof, and the next step.
 * @param next  a command, if anything is left to do @param columns  of the terminal; undefined leaves lines whole
 */
export function summaryLines(
  result: LoadResult,
  next: string | undefined,
  isVerbose: boolean,
  columns: number | undefined,
  words: Words = english,
): string[] {
  const { tell } = words
  const fields: [string, string][] = [
    [tell('took'), speedText(result, words)],
    [tell('refused'), refusedText(result, words)],
    [tell('proof'), `${confirmText(result, words)}${storedText(result, words)}`],
    ...(isVerbose ? [[tell('rows'), equationText(result.rows, words)] as [string, string]] : []),
    [tell('next'), next ?? tell('nothing')],
  ]
  const cleaned = fields.map(([label, text]) => [label, clean(text)] as const)
  return [
    ...wrapped(clean(headText(result, words)), columns ?? Infinity),
    ...fieldLines(cleaned, columns, label => label === tell('next')),
  ]
}

function headText(result: LoadResult, words: Words): string {
  const { tell, count } = words
  const { rows, target } = result
  const into = tell('{target} on {host}', {
    target: target.table ?? target.function ?? '',
    host: target.host,
  })
  if (result.alreadyLoaded || isAllSkipped(result)) {
    const what =
      rows.skipped === 0
        ? tell('this run')
        : tell('{rows} of this run', { rows: count(rows.skipped, 'row') })
    return tell('Already loaded: {what} into {into}, nothing was left to do', { what, into })
  }
  const { read, confirmed, filtered, skipped, unconfirmed } = rows
  const isAll = read === confirmed + skipped || (isHandedOver(result) && read === unconfirmed)
  const ofAll = isAll ? '' : tell(', of {count} read', { count: read })
  const left = filtered === 0 ? '' : tell('; the transform left out {count}', { count: filtered })
  return `${tell('{claim} into {into}', { claim: claimOf(result, words), into })}${ofAll}${left}`
}

function speedText(
  { startedAt, endedAt, rate, connections, batchRows }: LoadResult,
  words: Words,
): string {
  const { tell, count } = words
  const elapsedMs = Date.parse(endedAt) - Date.parse(startedAt)
  const over =
    connections > 1
      ? tell(', over {connections}', { connections: count(connections, 'connection') })
      : ''
  const speed = tell('{time}: {rows} rows/s, {bytes}/s', {
    time: durationText(elapsedMs),
    rows: rate.rowsPerSec,
    bytes: bytesText(rate.bytesPerSec),
  })
  return `${speed}${over}${foundText(batchRows, words)}`
}

/** The summary names at most this many codes; --json has all. */
const shownCodes = 3

function refusedText({ rows, rejects }: LoadResult, { tell, count }: Words): string {
  const { byCode, files, unplaced } = rejects
  const codes = Object.entries(byCode).sort(([, a], [, b]) => b - a)
  const more = codes.length - shownCodes
  const why = [
    ...codes.slice(0, shownCodes).map(([code, rowCount]) => `${code} ${grouped(rowCount)}`),
    ...(more > 0 ? [tell('{count} more', { count: more })] : []),
  ].join(tell(', '))
  const where = files.length === 0 ? '' : tell(', in {path}', { path: files[0]!.path })
  const others =
    files.length < 2 ? '' : tell(' and {files}', { files: count(files.length - 1, 'more file') })
  const lost = unplaced === 0 ? '' : tell(', {count} of them in no file', { count: unplaced })
  const codesText = why === '' ? '' : `${tell(': ')}${why}`
  const parts = [
    rows.rejected === 0
      ? tell('nothing')
      : `${count(rows.rejected, 'row')}${codesText}${where}${others}${lost}`,
    ...(rows.unsent === 0 ? [] : [tell('{rows} not sent', { rows: count(rows.unsent, 'row') })]),
  ]
  return parts.join(tell('; '))
}

/** True if earlier processes of the run had sent everything. */
function isAllSkipped({ rows, status }: LoadResult): boolean {
  return status === 'loaded' && rows.skipped > 0 && rows.skipped + rows.filtered === rows.read
}

function claimOf(result: LoadResult, words: Words): string {
  const { skipped } = result.rows
  const before =
    skipped === 0 ? '' : words.tell(' ({count} were loaded before)', { count: skipped })
  return `${doneOf(result, words)}${before}`
}

function isHandedOver({ rows, confirm }: Pick<LoadResult, 'rows' | 'confirm'>): boolean {
  return confirm.used === 'none' && rows.skipped === 0 && rows.unconfirmed > 0
}

function doneOf({ rows, status, confirm }: LoadResult, { tell, count }: Words): string {
  const confirmed = count(rows.confirmed, 'confirmed row')
  if (status === 'failed') return tell('Failed after {rows}', { rows: confirmed })
  if (status === 'interrupted') return tell('Interrupted after {rows}', { rows: confirmed })
  if (rows.read === 0) return tell('No rows to load')
  if (isHandedOver({ rows, confirm })) {
    return tell('Handed over {rows}', { rows: count(rows.unconfirmed, 'row') })
  }
  return tell('Loaded {rows}', { rows: count(rows.confirmed, 'row') })
}

function confirmText({ confirm, rows, batches, duplicates }: LoadResult, words: Words): string {
  const { tell, notice } = words
  const note = confirm.note === null ? '' : `${tell(': ')}${notice(confirm.note)}`
  // This process sent nothing, so it had nothing to confirm.
  if (confirm.used === 'none' && rows.skipped > 0) return tell('confirmed by an earlier process')
  if (batches.sent === 0 && rows.confirmed + rows.unconfirmed === 0) {
    return `${tell('nothing was sent')}${note}`
  }
  const how = tell(confirmationWords[confirm.used])
  return `${how}${note}${doubtText(rows, words)}${duplicatesText(duplicates, words)}`
}

function doubtText({ unconfirmed }: RowCounts, { tell, count }: Words): string {
  return unconfirmed === 0 ? '' : tell('; {rows} unconfirmed', { rows: count(unconfirmed, 'row') })
}

/** The number of rows whose key the table already contained: they were left out, or replaced rows of the table. */
function duplicatesText(duplicates: LoadResult['duplicates'], { tell }: Words): string {
  return duplicates === null || duplicates === 0
    ? ''
    : tell('; {count} of them had a key that the table already contained', { count: duplicates })
}

/** How safely the confirmed rows are stored; "unknown" if the server does not report it. */
function storedText({ stored, rows }: LoadResult, { tell }: Words): string {
  if (rows.confirmed + rows.skipped === 0) return ''
  return tell('; stored: {grade}', { grade: tell(stored.grade ?? 'unknown') })
}

/** The batch size, if the run found that larger batches are faster. */
function foundText({ first, found }: LoadResult['batchRows'], { tell }: Words): string {
  return found === null || found === first
    ? ''
    : tell(', in batches of up to {count} rows', { count: found })
}

/** Lines for standard error. @param verbose  adds figures @param isApart  true if the summary is not on the screen */
export function detailLines(
  result: LoadResult,
  verbose: boolean,
  isApart: boolean,
  words: Words = english,
): string[] {
  const lines: string[] = []
  const { rejects } = result
  if (result.rows.rejected > 0 && (isApart || rejects.files.length > 1)) {
    const codes = Object.entries(rejects.byCode).map(([code, rows]) => `${code} ${grouped(rows)}`)
    const rejected = words.count(result.rows.rejected, 'row')
    lines.push(
      words.tell('{rows} rejected ({codes})', { rows: rejected, codes: codes.join(', ') }),
      ...placeLines(rejects, words),
    )
  }
  if (result.inputTotals.count > 1) lines.push(...inputLines(result.inputs, words))
  return verbose ? [...lines, ...figureLines(result, words)] : lines
}

/** The result in the JSON log (docs/log-format.md#result). */
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

/** Names at most this many inputs; --json has all. */
const shownInputs = 10

/** Lists the inputs that had problems, and the first problem of each. */
function inputLines(inputs: LoadResult['inputs'], { tell, count }: Words): string[] {
  const wrong = inputs.filter(({ rejected, firstError }) => rejected > 0 || firstError !== null)
  const lines = wrong.slice(0, shownInputs).map(({ path, rows, rejected, firstError }) => {
    const line = firstError?.lineNumber
      ? tell('line {number}: ', { number: String(firstError.lineNumber) })
      : ''
    const first =
      firstError === null
        ? ''
        : tell('; first: {error}', { error: `${line}${withFlags(firstError.message)}` })
    const refused = tell('{path}: {rejected} of {rows} rejected', {
      ...{ path, rejected, rows: count(rows, 'row') },
    })
    return `${refused}${first}`
  })
  const more = wrong.length - lines.length
  return more > 0
    ? [...lines, tell('and {inputs} with rejected rows', { inputs: count(more, 'more input') })]
    : lines
}

/** Lists the files with the rejected rows, and counts the rejected rows that are in no file. */
function placeLines({ files, unplaced }: LoadResult['rejects'], { tell }: Words): string[] {
  const isOne = files.length === 1 && unplaced === 0
  const lines = files.map(({ path, rows }) => {
    const who = isOne ? tell('they') : tell('{count} of them', { count: rows })
    return tell('{who} are in {path}, the reasons in {path}.reasons.ndjson', { who, path })
  })
  if (unplaced === 0) return lines
  const lost = tell('{count} of them are in no file: they are only in the input', {
    count: unplaced,
  })
  return [...lines, lost]
}

/** How the server stores the rows: the facts that determine the grade. */
function storedLines(
  { grade, dataSync, cacheEngine, replicas, pendingTransactions }: LoadResult['stored'],
  { tell, count }: Words,
): string[] {
  if (grade === null || grade === 'in memory') return []
  const known = [
    dataSync === true ? tell('writes are forced to disk') : tell('writes are not forced to disk'),
    cacheEngine === true ? tell('through the cache engine') : undefined,
    replicas === null ? undefined : count(replicas, 'replica'),
    pendingTransactions === null
      ? undefined
      : tell('{transactions} waiting to be flushed', {
          transactions: count(pendingTransactions, 'transaction'),
        }),
  ]
  const facts = known.filter(text => text !== undefined).join(tell(', '))
  return [tell('stored {grade}: {facts}', { grade: tell(grade), facts })]
}

function latencyTexts(latencyMs: LoadResult['latencyMs']): string[] {
  return Object.entries(latencyMs).flatMap(([name, ms]: [string, number | null]) =>
    ms === null ? [] : [`${name} ${ms.toFixed(1)} ms`],
  )
}

function connectionLines(byConnection: LoadResult['byConnection'], words: Words): string[] {
  if (byConnection.length < 2) return []
  return byConnection.map(({ batches, rows, bytes, latencyMs }, index) => {
    const figures = [words.count(batches, 'batch'), words.count(rows, 'row'), bytesText(bytes)]
    return words.tell('connection {number}: {figures}', {
      number: index + 1,
      figures: [...figures, ...latencyTexts(latencyMs)].join(words.tell(', ')),
    })
  })
}

function figureLines(result: LoadResult, words: Words): string[] {
  const { tell, count } = words
  const { inputs, threads, columns, connections, connectionsNote } = result
  const { batches, byConnection, latencyMs, rate, memory, stored } = result
  const latency = latencyTexts(latencyMs)
  return [
    ...inputs.map(
      input =>
        tell('input {path}: {kind}, {bytes}, {rows}', {
          path: input.path,
          kind: [input.format, input.compression].filter(Boolean).join(', '),
          bytes: bytesText(input.bytes),
          rows: count(input.rows, 'row'),
        }) +
        (input.ragged === 0 ? '' : tell(', {count} padded or cut', { count: input.ragged })) +
        (input.detected === null
          ? ''
          : `${tell('; ')}${words.notice(detectedText(input.detected))}`),
    ),
    tell('read by {threads}', { threads: count(threads, 'thread') }),
    ...columns.map(({ name, type, nulls, coerced }) =>
      tell('column {name} {type}: {nulls}, {coerced} made null', {
        ...{ name, type, coerced, nulls: count(nulls, 'null') },
      }),
    ),
    tell('batches: {sent} sent, {retried} retried, {failed} failed, over {connections}', {
      ...{ ...batches, connections: count(connections, 'connection') },
    }) + (connectionsNote === null ? '' : ` (auto: ${withFlags(connectionsNote)})`),
    ...connectionLines(byConnection, words),
    ...(latency.length === 0 ? [] : [tell('latency: {times}', { times: latency.join(', ') })]),
    ...storedLines(stored, words),
    tell('rate: {bytes}/s', { bytes: bytesText(rate.bytesPerSec) }),
    ...(memory.peakRssBytes === null
      ? []
      : [tell('peak memory: {bytes}', { bytes: bytesText(memory.peakRssBytes) })]),
  ]
}
