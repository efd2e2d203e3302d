/* Compares the promises of the program with the tables and files of a simulation. */
import { inspect, isDeepStrictEqual } from 'node:util'
import { errorCodes, type ErrorCode } from '../../src/errors.js'
import type { LoadResult } from '../../src/load/options.js'
import type { SimDisk } from './disk.js'
import { headerOf, type Run } from './loader.js'
import type { SimNetwork } from './network.js'
import type { InputRow, Scenario } from './scenario.js'
import type { SimServer } from './server.js'
import { leftOut } from './transformed.js'

/** A broken promise. */
export interface Complaint {
  readonly about: string
  readonly text: string
}

export interface Findings {
  readonly scenario: Scenario
  readonly runs: readonly Run[]
  readonly server: SimServer
  readonly disk: SimDisk
  readonly network: SimNetwork
}

export function checkRun(run: Run, findings: Findings): Complaint[] {
  const complaints: Complaint[] = []
  const complain = (text: string): void => void complaints.push({ about: run.plan.name, text })
  if (run.thrown !== undefined) complain(`load threw ${inspect(run.thrown)}`)
  const there = countsOf(findings.server.rows().map(({ id }) => id))
  checkCopies(run, there, findings, complain)
  const { result } = run
  if (result === undefined) return complaints
  checkEquation(result, complain)
  checkExitCode(result, complain)
  checkBytes(run, result, complain)
  checkRows(run, result, there, findings, complain)
  checkFiltered(run, result, there, findings, complain)
  checkOrder(run, result, findings, complain)
  if (findings.scenario.allArrive) checkAllArrived(run, result, there, complain)
  checkRejects(run, result, findings, complain)
  checkTime(run, complain)
  checkLeftovers(run, result, findings, complain)
  return complaints
}

/** Complains about rows of the table that are in no input. */
export function checkStrangers({ scenario, server }: Findings): Complaint[] {
  const sent = new Set(
    scenario.loaders.flatMap(({ inputs }) =>
      inputs.flatMap(({ rows }) =>
        rows.map(row => `${row.id},${scenario.transform?.symbolOf(row) ?? row.sym}`),
      ),
    ),
  )
  return server
    .rows()
    .map(({ id, sym }) => `${id},${sym}`)
    .filter(row => !sent.has(row))
    .slice(0, 3)
    .map(row => ({ about: 'table', text: `it has a row that nobody sent: ${row}` }))
}

/** Checks that every row arrived; for scenarios in which all trouble passes. */
function checkAllArrived(
  { plan }: Run,
  { confirm, error, exitCode }: LoadResult,
  there: ReadonlyMap<number, number>,
  complain: Complain,
): void {
  // On a very slow connection a login can exceed its timeout, even at the end of a run.
  if (error?.code === 'DDB_CONNECT') return
  if (confirm.note?.includes('did not open a session within') === true) return
  if (exitCode !== 0) complain(`exit code ${exitCode} where every row can arrive, ${confirm.used}`)
  for (const { id } of plan.inputs.flatMap(({ rows }) => rows)) {
    const copies = there.get(id) ?? 0
    if (copies !== 1) complain(`row ${id} is there ${copies} times, not once`)
  }
}

export type Complain = (text: string) => void

export function countsOf<Value>(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** Whether the run must store no row twice: true with receipts and answers, unless `onDoubt` is `resend`. */
function isOnceOnly({ result, plan }: Run): boolean {
  const used = result?.confirm.used ?? 'none'
  return used !== 'none' && plan.delivery.onDoubt !== 'resend'
}

function checkCopies(
  run: Run,
  there: ReadonlyMap<number, number>,
  { runs }: Findings,
  complain: Complain,
): void {
  // A restarted process without a journal loads the same rows once more.
  const same = runs.filter(({ plan }) => plan === run.plan)
  if (same[0] !== run || !same.every(isOnceOnly)) return
  for (const { id } of run.plan.inputs.flatMap(({ rows }) => rows)) {
    const copies = there.get(id) ?? 0
    if (copies > same.length) complain(`row ${id} is there ${copies} times`)
  }
}

export function checkEquation({ rows }: LoadResult, complain: Complain): void {
  const { read, ...others } = rows
  const parts = Object.values(others)
  if (parts.some(part => part < 0)) complain(`a negative count: ${JSON.stringify(rows)}`)
  if (read !== parts.reduce((sum, part) => sum + part)) {
    complain(`the equation does not hold: ${JSON.stringify(rows)}`)
  }
}

export function checkExitCode(result: LoadResult, complain: Complain): void {
  const { error, rows, confirm, exitCode, alreadyLoaded } = result
  // The rows that a finished run left in doubt stay in doubt, because later calls do not look them up.
  const isOpen = rows.unconfirmed > 0 && (confirm.used !== 'none' || alreadyLoaded)
  const expected =
    error !== null ? errorCodes[error.code as ErrorCode] : isOpen ? 4 : rows.rejected > 0 ? 3 : 0
  if (exitCode !== expected) complain(`exit code ${exitCode}, not ${expected}`)
  if (error?.code === 'DDB_INTERNAL') complain(`a bug: ${error.message}`)
  if (exitCode === 0 && rows.unsent + rows.rejected > 0) complain('0, but not every row arrived')
}

/** Checks the counts of bytes. A run that ended well must have read all bytes of its inputs. */
function checkBytes({ plan }: Run, result: LoadResult, complain: Complain): void {
  if (result.error !== null || plan.limit !== undefined) return
  const head = headerOf(plan).length
  for (const [index, { rows }] of plan.inputs.entries()) {
    const bytesOf = (isBad: boolean): number =>
      rows
        .filter(({ kind }) => (kind === 'bad cell') === isBad)
        .reduce((sum, { line }) => sum + line.length + 1, 0)
    const parts = {
      rows: bytesOf(false),
      rejected: bytesOf(true),
      header: head,
      other: 0,
      skipped: 0,
    }
    const expected = { read: parts.rows + parts.rejected + head, ...parts }
    const found = result.inputs[index]?.contentBytes
    if (!isDeepStrictEqual(found, expected)) {
      complain(`bytes ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
    }
    if (result.inputs[index]?.rows !== rows.length) complain('not every row was read')
  }
}

/** The rows that the run read, counted from the first row of the input. */
function readRows({ plan, result }: Run): InputRow[] {
  return plan.inputs.flatMap(({ rows }) => rows).slice(0, result?.rows.read ?? 0)
}

function checkRows(
  run: Run,
  result: LoadResult,
  there: ReadonlyMap<number, number>,
  findings: Findings,
  complain: Complain,
): void {
  const { used, uncertain, note } = result.confirm
  const { confirmed, filtered, unconfirmed, rejected, unsent, read } = result.rows
  const total = run.plan.inputs.reduce((sum, { rows }) => sum + rows.length, 0)
  if (read > total) complain(`read ${read} of ${total} rows`)
  if (isExcused(run, findings)) return
  const rows = readRows(run)
  const isThere = ({ id }: InputRow): boolean => there.has(id)
  if (used === 'none') {
    if (confirmed > 0) complain('rows are confirmed, but nothing was asked')
    return
  }
  const lines = uncertainLines(uncertain)
  // Rows that the reader rejects are in no batch, although their lines may lie between the lines of a batch.
  const open = rows.filter(row => row.kind === 'bad cell' || !lines.has(lineOf(run, row)))
  const found = open.filter(isThere).length
  // Rows that a partitioned target dropped without naming them.
  const isUnnamed = note?.includes('does not say which') === true
  const unnamed = isUnnamed ? Math.max(0, unconfirmed - (rows.length - open.length)) : 0
  const earlier = findings.runs.some(other => other.plan === run.plan && other !== run)
  if (earlier ? found < confirmed : found < confirmed || found > confirmed + unnamed) {
    complain(`${confirmed} rows confirmed, ${found} of the rows that are not uncertain are there`)
  }
  const placed = confirmed + filtered + rejected + unsent + unnamed
  // The run does not know which lines of a batch the transform filtered. If confirmed lines of the batch become
  // uncertain, these lines may become uncertain as well.
  if (open.length > placed || open.length < placed - filtered) {
    complain(
      `${open.length} rows are not uncertain, but ${confirmed} confirmed + ${filtered} filtered + ${rejected} rejected + ${unsent} unsent`,
    )
  }
}

/** Checks that rows dropped by a transform are not stored. If the run loaded everything, also checks their number. */
function checkFiltered(
  run: Run,
  result: LoadResult,
  there: ReadonlyMap<number, number>,
  { scenario, runs }: Findings,
  complain: Complain,
): void {
  const rows = readRows(run)
  const without = leftOut(scenario, rows)
  const found = without.find(({ id }) => there.has(id))
  if (found !== undefined) complain(`row ${found.id} is there, and the transform leaves it out`)
  const expected = without.filter(({ kind }) => kind !== 'bad cell').length
  const { filtered, unconfirmed, unsent } = result.rows
  const isAlone = runs.every(other => other === run || other.plan !== run.plan)
  const isWhole = isAlone && result.error === null && unconfirmed + unsent === 0
  if (filtered > expected || (isWhole && filtered < expected)) {
    complain(`${filtered} rows filtered, not ${expected}`)
  }
}

/** Checks that a table that keeps one row of a key got the rows in order, as the last or first of a key must stay. */
function checkOrder(
  { plan }: Run,
  { rows, confirm }: LoadResult,
  { scenario, server, runs }: Findings,
  complain: Complain,
): void {
  const isAlone = runs.filter(other => other.plan === plan).length === 1
  const { connections = 1 } = plan.delivery
  const isOrdered = scenario.kind.keyed && connections === 1 && confirm.used !== 'none'
  if (!isOrdered || !isAlone || rows.unconfirmed > 0) return
  const own = new Map(plan.inputs.flatMap(({ rows }) => rows).map(({ id }, place) => [id, place]))
  const places = server.rows().flatMap(({ id }) => own.get(id) ?? [])
  const late = places.findIndex((place, i) => place < (places[i - 1] ?? 0))
  if (late > 0) complain(`row ${places[late - 1]} was stored before row ${places[late]}`)
}

/** Whether the run could not know better: the server lost its memory after its last answer. */
export function isExcused(run: Run, { scenario, server }: Findings): boolean {
  return !scenario.kind.onDisk && server.lastDeathMs > run.process.heardFromMs
}

function lineOf(run: Run, row: InputRow): string {
  const input = run.plan.inputs.find(({ rows }) => rows.includes(row))!
  const file = input.path === '-' ? '<stdin>' : input.path
  return `${file}:${input.rows.indexOf(row) + (run.plan.format === 'csv' ? 2 : 1)}`
}

function uncertainLines(uncertain: LoadResult['confirm']['uncertain']): Set<string> {
  const lines = new Set<string>()
  for (const { file, firstLine, lastLine } of uncertain) {
    for (let line = firstLine; line <= lastLine; line++) lines.add(`${file}:${line}`)
  }
  return lines
}

function checkRejects(
  run: Run,
  { rows, rejects, error }: LoadResult,
  { disk, runs }: Findings,
  complain: Complain,
): void {
  const { plan } = run
  const { file } = plan.rejects
  // A killed process leaves its files behind.
  const isAlone = runs.every(other => other === run || other.plan !== plan)
  if (file === undefined || !isAlone || error?.code === 'DDB_OUTPUT_CREATE') return
  const placed = rejects.files.reduce((sum, each) => sum + each.rows, 0)
  if (placed + rejects.unplaced !== rows.rejected) {
    complain(
      `${rows.rejected} rejected, ${placed} in files and ${rejects.unplaced} without a place`,
    )
  }
  // A rejects file that cannot be read back counts as lost.
  if (disk.badReadOneIn < Infinity && rejects.unplaced > 0) return
  if (disk.freeBytes === Infinity && rejects.unplaced > 0) complain('rows without a place')
  const text = disk.text(file) ?? ''
  const header = headerOf(plan)
  if (text === '' ? placed > 0 : !text.startsWith(header)) complain('no header in the rejects file')
  const kept = text.slice(header.length).split('\n').slice(0, -1)
  const reasons = (disk.text(`${file}.reasons.ndjson`) ?? '').split('\n').slice(0, -1)
  if (kept.length !== placed || reasons.length !== placed) {
    complain(`${placed} rejects placed, ${kept.length} in the file, ${reasons.length} reasons`)
  }
  const lines = plan.inputs.flatMap(input => input.rows.map(({ line }) => line))
  // If the end of the input cuts a record, the rejects file contains the part that was read.
  const isCut = disk.badReadOneIn < Infinity || plan.inputs.some(({ cut }) => cut !== undefined)
  const isKnown = (line: string): boolean =>
    lines.includes(line) || (isCut && lines.some(each => each.startsWith(line)))
  const stranger = kept.find(line => !isKnown(line))
  if (stranger !== undefined) complain(`the rejects file has ${JSON.stringify(stranger)}`)
  if (new Set(kept).size !== kept.length) complain('a row is in the rejects file twice')
}

/** Additional time allowed after the last byte from the server, on top of the timeouts that the options set. */
const slackMs = 20_000
/** One timeout for receipts, one for closing connections, and 1/8 because silence may be noticed that much later. */
const confirmTimeouts = 2 + 1 / 8

function checkTime(run: Run, complain: Complain): void {
  const { confirmTimeoutMs = 0, retryTimeoutMs = 0, confirm } = run.plan.delivery
  const { lastHeardMs, lastReachedMs } = run.process
  // Without confirmation, the server is silent while a slow link carries rows.
  const heardMs = confirm === 'none' ? Math.max(lastHeardMs, lastReachedMs) : lastHeardMs
  const sinceMs = (run.endedMs ?? 0) - Math.max(heardMs, run.startedMs)
  const allowedMs =
    confirmTimeouts * confirmTimeoutMs + retryTimeoutMs + run.plan.connectTimeoutMs + slackMs
  if (sinceMs > allowedMs) {
    complain(`ended ${Math.round(sinceMs)} ms after the last byte, ${allowedMs} ms are allowed`)
  }
}

function checkLeftovers(run: Run, result: LoadResult, { network }: Findings, complain: Complain) {
  const sockets = network.openSockets(run.process)
  if (sockets > 0) complain(`${sockets} connections are left open`)
  if (run.process.timers > 0) complain(`${run.process.timers} timers keep the process alive`)
  const { maxInFlightBytes = Infinity, batchRows = 'auto' } = run.plan.delivery
  const batchBytes = batchRows === 'auto' ? maxInFlightBytes : batchRows * 32
  const mostBytes = maxInFlightBytes + batchBytes
  if (result.confirm.used === 'receipts' && run.mostInFlightBytes > mostBytes) {
    complain(`${run.mostInFlightBytes} bytes in flight, ${mostBytes} are allowed`)
  }
}
