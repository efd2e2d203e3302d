/* Compares the rows of inputs with the rows of a table, no matter who wrote them: reads the inputs as a load would, hashes both, and
   matches the hashes. If rows differ, reads both again to name them. */
import { hideInData } from '../../client/login/hide-password.js'
import {
  DdbError,
  InputError,
  option,
  UsageError,
  usageError,
  type ErrorCode,
} from '../../errors.js'
import { flag, text, texts } from '../../known-fields.js'
import type { Batch, InputRange } from '../../parse/batch.js'
import { rangeAt } from '../../parse/row-places.js'
import { wait } from '../../platform/clocks.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { checkCall, checkedOptions, takenFromPath } from '../checked-options.js'
import { askOthersBusy } from '../connection/server-queries.js'
import { openInputs } from '../inputs/inputs.js'
import type { LoadOptions } from '../options.js'
import { runPipeline } from '../pipeline.js'
import { refusedRow } from '../rejects/reject.js'
import { loadResult } from '../result.js'
import { newRun, type Inputs, type Run } from '../run.js'
import { isWritten } from '../register/sole-process.js'
import { findTarget } from '../target/find-target.js'
import { outsideMarks } from '../target/partition-scheme.js'
import { keyWords } from '../target/row-hash.js'
import { tableText } from '../target/target.js'
import { touchedPartitions } from '../target/touched-partitions.js'
import {
  isCertificate,
  newAuditResult,
  outcomeOf,
  type AuditOptions,
  type AuditResult,
  type CertificateOptions,
} from './audit-result.js'
import { comparedTable, openTable, type ComparedTable } from './compared-table.js'
import { Differences } from './differences.js'
import { Hashes } from './hashes.js'

const mostTries = 3
const lookAgainMs = 100
/** Rows to hash at once, whatever a load would send at once. */
const batchRows = 20_000

/**
 * Finds out which rows of the inputs are in the table. Writes nothing to the server.
 * @returns the outcome, including failures (`error`, `exitCode`); the promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export async function audit(options: AuditOptions | CertificateOptions): Promise<AuditResult> {
  checkCall(options, { columns: texts, exact: flag, missing: text, certificate: true })
  return auditOn(systemPlatform, options)
}

export async function auditOn(platform: Platform, options: AuditOptions | CertificateOptions) {
  if (!('certificate' in options)) return runAudit(newJob(platform, options))
  const { certificate, ...given } = options
  if (!isCertificate(certificate)) {
    throw usageError('`certificate` is not the result of an audit that found every row')
  }
  const columns = certificate.columns.map(({ name }) => name)
  const target = { table: certificate.table! }
  return runAudit(newJob(platform, { ...given, inputs: ['-'], target, columns }, certificate))
}

/** Options that read the inputs as `load` reads them, with which the missing rows can be loaded. */
function readingOptions(options: AuditOptions): LoadOptions {
  const { columns: _c, exact: _e, missing: file, shard: _s, ...asked } = options
  const { journal: _j, expectRows: _x, delivery: _d, ...given } = asked
  const { create, partition: _p, types, ...target } = options.target
  const { follow: _f, ...input } = options.input ?? {}
  return {
    ...given,
    input,
    target: { ...target, ...(create === undefined && types !== undefined ? { types } : {}) },
    rejects: { ...(file === undefined ? { onError: 'skip' } : { file }), maxErrors: '100%' },
  }
}

type Job = ReturnType<typeof newJob>

function newJob(platform: Platform, asked: AuditOptions, certificate?: AuditResult) {
  const { missing: path, shard } = asked
  if (path !== undefined && asked.inputs.includes('-')) {
    throw usageError(`${option('missing')} reads its input twice: audit a file, not standard input`)
  }
  const taken = asked.columns === undefined ? takenFromPath(asked) : undefined
  if (taken !== undefined && asked.input?.follow === true) {
    throw usageError(
      `${taken} is of the name that a file had when it was followed, and it may have another by now: name the columns to compare in ${option('columns')}`,
    )
  }
  if (shard && (asked.exact || shard.index < 1 || shard.index > shard.count)) {
    const rule = `is I/N with I from 1 to N, without ${option('exact')}`
    throw usageError(`${option('shard')} ${rule}`)
  }
  const { random } = platform
  const options = readingOptions(asked)
  const { confirmTimeoutMs } = asked.delivery ?? {}
  const delivery = {
    mode: 'sync',
    batchRows,
    ...(confirmTimeoutMs && { confirmTimeoutMs }),
  } as const
  const checked = checkedOptions({ ...options, delivery }, random)
  const run = newRun(options, checked, platform, { watch: {} })
  const key = certificate && Buffer.from(certificate.digest!.key, 'hex')
  return {
    ...{ asked, certificate, run, result: newAuditResult(loadResult(run)) },
    key: new Int32Array(Uint8Array.from(key ?? random.bytes(4 * keyWords)).buffer),
    scratch: run.platform.files.scratch(),
  }
}

async function runAudit(job: Job): Promise<AuditResult> {
  const { asked, run, certificate, result, scratch } = job
  const misuse = await runPipeline(run, async () => {
    try {
      await findTarget(run)
      const found = comparedTable(run, asked.columns)
      const { table, identity, columns } = found
      const described = columns.map(({ name, type }) => ({ name, type: columnTypeText(type) }))
      Object.assign(result, { table: tableText(table), identity, columns: described })
      await awaitOthers(job, found)
      await (certificate ? compareWith(certificate, job, found) : compare(job, found))
    } finally {
      scratch.close()
    }
    return false
  })
  const failure = misuse ?? run.ending.failure
  if (failure instanceof UsageError) throw failure
  const { endedAt, error, exitCode, rejects, ...ended } = loadResult(run)
  // Each reading of the inputs says how they are read.
  const notices = [...new Set(ended.notices)]
  Object.assign(result, { endedAt, notices, error, exitCode, missingFiles: rejects.files })
  // The server's words alone: a certificate needs the names of the user, which may be like a password.
  const { columns, lines } = hideInData(result, run.reporter.secrets.hideInSentence)
  return { ...result, columns, lines, ...outcomeOf(result, asked.exact === true) }
}

async function compare(job: Job, found: ComparedTable): Promise<void> {
  const { asked, run, result, key, scratch } = job
  const touched = touchedPartitions(found.partition, found.target.columns, asked.shard)
  const own = new Hashes(key, found.keys, scratch)
  // A second reading counts rows again.
  run.leavesRest = true
  const marksOf = outsideMarks(found.target)
  const marks = (batch: Batch) => touched.add(batch, marksOf?.(batch))
  const ends: InputRange[] = []
  for await (const block of inputRows(run, run.inputs!, found, marks)) {
    own.add(block)
    ends.push(block.batch.ranges.at(-1)!)
  }
  const elsewhere = touched.elsewhere()
  const { rows, inputs, error } = loadResult(run)
  if (error !== null) throw new DdbError(error.code as ErrorCode, error.message)
  Object.assign(result.rows, { input: rows.read - elsewhere, rejected: rows.rejected })
  result.inputs = inputs.map(({ path, rows, bytes }) => ({ path, rows, bytes }))
  const ranges = asked.exact ? [null] : touched.ranges()
  const { goneRows, ...table } = await openTable(found, ranges)
  result.ranges = table.ranges
  let there: Hashes
  let differences: Differences
  for (let left = mostTries; ; left--) {
    there = new Hashes(key, found.keys, scratch)
    for await (const block of table.read()) there.add(block)
    differences = new Differences(found)
    await differences.find(own, there, async () => {
      await new Promise<void>(resolve => found.clock.nextTurn(resolve))
      if (run.ending.failure !== undefined) throw run.ending.failure
    })
    if (differences.lacking === 0) break
    const again = new Hashes(key, [])
    for await (const block of table.read()) {
      again.add(block)
      differences.look(block, again)
    }
    if (again.digest === there.digest) break
    if (left > 1) continue
    throw unproven(
      `${tableText(found.table)} changes while it is read: audit it again when nobody writes to these rows`,
    )
  }
  const { lacking, counts } = differences
  if (lacking > 0 && goneRows > 0) {
    throw unproven(
      `rows that were not found may be among the ${goneRows} that have left the memory of the server, where an audit cannot read them`,
    )
  }
  if (!differences.areNamed && asked.inputs.includes('-')) {
    run.reporter.notice(
      'standard input cannot be read twice: audit a file to learn which rows differ',
    )
  } else if (!differences.areNamed) {
    if (differences.first > 0) beginAfter(ends[differences.first - 1]!, run)
    run.inputs = await openInputs(run)
    await nameRows(job, own, differences, inputRows(run, run.inputs, found, marks))
  }
  const matched = own.count - lacking - counts.replaced
  const others = there.count - matched - counts.changed
  const outside = own.total - own.count - elsewhere
  Object.assign(result.rows, counts, { found: matched, outside, table: there.count, others })
  if (lacking === 0 && others === 0) {
    result.digest = { rows: there.digest, key: Buffer.from(key.buffer).toString('hex') }
  }
}

/** Marks the rows of a batch that are not to be compared with 1. */
type Marks = (batch: Batch) => Uint8Array | undefined

async function* inputRows(run: Run, inputs: Inputs, { sent }: ComparedTable, marks: Marks) {
  run.reporter.tell('checking')
  try {
    for await (const batch of inputs.batches()) {
      const columns = sent.map(index => batch.columns[index]!)
      // Most batches of a second reading do not need the marks.
      const outside = (): Uint8Array | undefined => marks(batch)
      yield { columns, rowCount: batch.rowCount, outside, batch }
      batch.release()
      run.reporter.report()
      if (run.ending.stopped) break
    }
  } finally {
    await inputs.close()
  }
  if (run.ending.failure !== undefined) throw run.ending.failure
}

/** Lets the inputs, when they are opened again, begin after a range. */
function beginAfter(
  { endOffsetBytes, endLineNumber, place }: InputRange,
  { history, inputs }: Run,
): void {
  const { input, records } = place!
  const from = { offsetBytes: endOffsetBytes, lineNumber: endLineNumber }
  const before = inputs!.summaries().slice(0, input)
  history.resumption = {
    ...history.resumption,
    resumed: each => (each > input ? undefined : { from, records, ends: [], done: before[each] }),
  }
}

/** @param again  the rows of the inputs, read a second time from the first batch with rows to be named */
async function nameRows(
  { asked, result, run }: Job,
  own: Hashes,
  differences: Differences,
  again: ReturnType<typeof inputRows>,
): Promise<void> {
  const lacks = 'the table does not have this row'
  let number = differences.first
  for await (const block of again) {
    differences.name(block, number++, own, (row, outcome) => {
      if (outcome !== 'missing') return
      const reject = refusedRow(block.batch, row, lacks, 'DDB_UNCONFIRMED')
      run.rejects.place(reject, rangeAt(block.batch.ranges, row).shape)
    })
    if (differences.areNamed) break
  }
  if (!differences.areRight) {
    const message = 'the inputs changed while they were audited: audit them again'
    throw new InputError('DDB_INPUT_READ', message, { file: asked.inputs.join(', ') })
  }
  run.rejects.flush()
  result.lines = differences.lines
}

async function compareWith(
  { identity, columns, endedAt, rows, ranges, digest, target }: AuditResult,
  job: Job,
  found: ComparedTable,
): Promise<void> {
  const { result, key, run } = job
  const described = JSON.stringify([result.identity, result.columns])
  if (described !== JSON.stringify([identity, columns])) {
    throw new DdbError(
      'DDB_TARGET_CHANGED',
      `${tableText(found.table)} was made again after ${endedAt}: the certificate is of the earlier table`,
    )
  }
  const here = result.target.host
  if (target.host !== here)
    run.reporter.notice(`the certificate is of ${target.host}, not of ${here}`)
  const table = await openTable(found, ranges, rows.table)
  result.ranges = table.ranges
  const there = new Hashes(key, [])
  for await (const block of table.read()) there.add(block)
  const { count, digest: sums } = there
  const same = { found: count, missing: 0, changed: 0, others: 0, repeated: 0 }
  const more = sums === digest!.rows ? same : {}
  Object.assign(result.rows, { input: rows.input, table: count, ...more })
}

/** A late request must not store rows after they were found missing: loaded again, they would be there twice. */
async function awaitOthers(
  { asked, run: { reporter, server } }: Job,
  { session, timeoutMs, clock, signal, table }: ComparedTable,
): Promise<void> {
  const asking = { session, timeoutMs }
  const untilMs = clock.nowMs() + timeoutMs
  for (let idle = 0; idle < 2; await wait(clock, lookAgainMs, signal)) {
    const isBusy =
      (await isWritten(asking, tableText(table))) ||
      (await askOthersBusy(asking, server.user ?? 'guest')) === true
    idle = isBusy ? 0 : idle + 1
    if (asked.missing === undefined) {
      if (isBusy) reporter.notice(othersBusy)
      return
    }
    if (clock.nowMs() > untilMs) throw unproven(othersBusy)
  }
}

const othersBusy =
  'requests of this user, or of loads into this table, may still add rows: audit the table when they are done'

const unproven = (message: string): DdbError => new DdbError('DDB_UNPROVEN', message)
