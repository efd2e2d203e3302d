/* Compares the rows of inputs with the rows of a table, no matter who wrote them: reads the inputs as a load would, hashes both, and
   matches the hashes. If rows differ, reads both again to name them. */
import { hideInData } from '../../client/login/hide-password.js'
import { DdbError, InputError, option, UsageError, usageError } from '../../errors.js'
import type { Batch, InputRange } from '../../parse/batch.js'
import { rangeAt } from '../../parse/row-places.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system-files.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { checkedOptions, defined, takenFromPath } from '../checked-options.js'
import { openInputs } from '../inputs/inputs.js'
import { changedText, fingerprintOf, isSameContent } from '../journal/fingerprint.js'
import type { LoadOptions } from '../options.js'
import { runPipeline } from '../pipeline.js'
import { refusedRow } from '../rejects/reject.js'
import { missingCode } from '../rejects/retry.js'
import { loadResult } from '../result.js'
import { newRun, type Run } from '../run.js'
import { mayBeWritten } from '../register/sole-process.js'
import { findTarget } from '../load.js'
import type { RowsOfColumns } from '../target/partition-scheme.js'
import { keyWords } from '../target/row-hash.js'
import { openTable } from '../target/table-rows.js'
import { mayChangeValues, refuseFirst, tableText } from '../target/target.js'
import { touchedPartitions } from '../target/touched-partitions.js'
import {
  auditResult,
  isCertificate,
  noRows,
  type AuditOptions,
  type AuditResult,
  type CertificateOptions,
} from './audit-result.js'
import { comparedTable, type ComparedTable, Differences } from './differences.js'
import { Hashes } from './hashes.js'

const mostTries = 3
/** Rows to hash at once, whatever a load would send at once. */
const batchRows = 20_000

/**
 * Finds out which rows of the inputs are in the table. Writes nothing to the server.
 * @returns the outcome, including failures (`error`, `exitCode`); the promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export const audit = (options: AuditOptions | CertificateOptions): Promise<AuditResult> =>
  auditOn(systemPlatform, options)

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

type Job = ReturnType<typeof newJob>

/** A run that reads the inputs as `load` reads them, with options with which the missing rows can be loaded. */
function newJob(platform: Platform, asked: AuditOptions, certificate?: AuditResult) {
  const { columns, exact, missing: file, shard, recorded: _r, unfinished, ...given } = asked
  const { journal: _j, expectRows: _x, delivery: { confirmTimeoutMs } = {}, ...reading } = given
  const { create, partition: _p, types, ...target } = asked.target
  const { follow, ...input } = asked.input ?? {}
  const taken = columns === undefined ? takenFromPath(asked) : undefined
  refuseFirst({
    [`rows that the function changes would seem to be missing, and stored a second time: name columns that it leaves as they are in ${option('columns')}, without which ${option('missing')} cannot be used for a function`]:
      file !== undefined && columns === undefined && mayChangeValues(asked.target),
    [`${taken} is of the name that a file had when it was followed, and it may have another by now: name the columns to compare in ${option('columns')}`]:
      taken !== undefined && follow === true,
    [`${option('shard')} is I/N with I from 1 to N, without ${option('exact')}`]:
      shard !== undefined && (exact === true || shard.index < 1 || shard.index > shard.count),
  })
  const options: LoadOptions = {
    ...{ ...reading, input },
    target: { ...target, ...(create === undefined && types !== undefined && { types }) },
    rejects: { ...(file === undefined ? { onError: 'skip' } : { file }), maxErrors: '100%' },
  }
  const { random } = platform
  const delivery = { mode: 'sync', batchRows, ...defined({ confirmTimeoutMs }) } as const
  const checked = checkedOptions({ ...options, delivery }, random)
  const run = newRun(options, checked, platform, { watch: {} })
  run.rejects.isUnfinished = unfinished
  const key = certificate && Buffer.from(certificate.digest!.key, 'hex')
  return {
    ...{ asked, certificate, run, findings: {} as Partial<AuditResult> },
    // In the server's words alone: a certificate needs the names of the user, which may be like a password.
    hide: run.reporter.secrets.hideInSentence,
    key: new Int32Array(Uint8Array.from(key ?? random.bytes(4 * keyWords)).buffer),
    scratch: platform.files.scratch(),
  }
}

async function runAudit(job: Job): Promise<AuditResult> {
  const { asked, run, certificate, findings, scratch, hide } = job
  const misuse = await runPipeline(run, async () => {
    try {
      await findTarget(run)
      const found = comparedTable(run, asked.columns)
      const { identity, columns } = found
      const table = tableText(found.table)
      const described = columns.map(({ name, type }) => ({ name, type: columnTypeText(type) }))
      // A late request must not store rows after they were found missing: loaded again, they would be there twice.
      const mustWait = asked.missing !== undefined
      refuseFirst({
        [`${option('missing')} reads its input twice: audit a file, not standard input or a pipe`]:
          mustWait && run.sources.sizes.includes(undefined),
      })
      Object.assign(findings, { table, identity, columns: hideInData(described, hide) })
      if (await mayBeWritten(run, table, mustWait)) {
        if (mustWait) throw unproven(othersBusy)
        run.reporter.notice(othersBusy)
      }
      await (certificate ? compareWith(certificate, job, found) : compare(job, found))
    } finally {
      scratch.close()
    }
    return false
  })
  const failure = misuse ?? run.ending.failure
  if (failure instanceof UsageError) throw failure
  return auditResult(loadResult(run), findings, asked.exact)
}

const othersBusy =
  'requests of this user, or of loads into this table, may still add rows: audit the table when they are done'

const unproven = (message: string): DdbError => new DdbError('DDB_UNPROVEN', message)

async function compare(job: Job, found: ComparedTable): Promise<void> {
  const { asked, run, findings, key, scratch, hide } = job
  const isReadOnce = run.sources.sizes.includes(undefined)
  for (const { path, fingerprint: was } of asked.recorded ?? []) {
    const is = await fingerprintOf(path, run.platform.files)
    if (is === undefined || isSameContent(was, is)) continue
    throw new DdbError(
      'DDB_RUN_CHANGED',
      `the run cannot be audited: ${changedText(path, was, is)}. Restore the file, or audit it as it is, with ${option('target.table')}`,
    )
  }
  const touched = touchedPartitions(found.partition, run.target, asked.shard)
  const own = new Hashes(key, found.keys, scratch)
  // A second reading counts rows again.
  run.leavesRest = true
  const ends: InputRange[] = []
  for await (const batch of batchesOf(run)) {
    own.add(found.rowsOf(batch), touched.add(batch))
    ends.push(batch.ranges.at(-1)!)
  }
  const { rows, inputs, error } = loadResult(run)
  // Rows or bytes do not add up: the result says so.
  if (error !== null) return
  const { rejected } = rows
  const input = rows.read - touched.elsewhere()
  findings.rows = { ...noRows, input, rejected }
  findings.inputs = inputs.map(({ path, rows, bytes }) => ({ path, rows, bytes }))
  const table = await openTable(run, found, asked.exact ? [null] : touched.ranges())
  findings.ranges = table.ranges
  const { there, differences } = await match(job, found, own, table.read)
  const { lacking, counts } = differences
  if (lacking > 0 && table.goneRows > 0) {
    throw unproven(
      `rows that were not found may be among the ${table.goneRows} that have left the memory of the server, where an audit cannot read them`,
    )
  }
  if (!differences.areNamed && isReadOnce) {
    run.reporter.notice(
      'standard input and pipes cannot be read twice: audit a file to learn which rows differ',
    )
  } else if (!differences.areNamed) {
    await nameRows(job, found, differences, ends, touched.add)
    findings.lines = hideInData(differences.lines, hide)
  }
  const matched = own.count - lacking - counts.replaced
  const others = there.count - matched - counts.changed
  const outside = input - rejected - own.count
  Object.assign(findings.rows, counts, { found: matched, outside, table: there.count, others })
  if (lacking === 0 && others === 0) {
    findings.digest = { rows: there.digest, key: Buffer.from(key.buffer).toString('hex') }
  }
}

async function* batchesOf(run: Run): AsyncGenerator<Batch, void, void> {
  const { inputs, reporter, ending } = run
  reporter.tell('checking')
  try {
    for await (const batch of inputs!.batches()) {
      yield batch
      batch.release()
      reporter.report()
      if (ending.stopped) break
    }
  } finally {
    await inputs!.close()
  }
  if (ending.failure !== undefined) throw ending.failure
}

/** @returns the rows that the table has, and how they differ @throws {DdbError} DDB_UNPROVEN if rows are missing, and others come or go */
async function match(
  { run, key, scratch }: Job,
  found: ComparedTable,
  own: Hashes,
  read: () => AsyncGenerator<RowsOfColumns>,
) {
  const rest = async (): Promise<void> => {
    await new Promise<void>(resolve => run.platform.clock.nextTurn(resolve))
    if (run.ending.failure !== undefined) throw run.ending.failure
  }
  for (let tries = 0; tries < mostTries; tries++) {
    const there = new Hashes(key, found.keys, scratch)
    for await (const block of read()) there.add(block)
    const differences = new Differences(found, own)
    await differences.find(there, rest)
    if (differences.lacking === 0) return { there, differences }
    const again = new Hashes(key, [])
    for await (const block of read()) {
      again.add(block)
      differences.look(block, again)
    }
    if (again.digest === there.digest) return { there, differences }
  }
  throw unproven(
    `${tableText(found.table)} changes while it is read: audit it again when nobody writes to these rows`,
  )
}

/** Reads the inputs a second time, from the first batch with rows to be named. */
async function nameRows(
  { asked, run }: Job,
  found: ComparedTable,
  differences: Differences,
  ends: readonly InputRange[],
  marks: (batch: Batch) => Uint8Array | undefined,
): Promise<void> {
  const lacks = 'the table does not have this row'
  let number = ends.findIndex((_, batch) => differences.isIn(batch))
  if (number > 0) {
    const { endOffsetBytes, endLineNumber, place } = ends[number - 1]!
    const { input, records } = place!
    const from = { offsetBytes: endOffsetBytes, lineNumber: endLineNumber }
    const before = run.inputs!.summaries().slice(0, input)
    run.history.resumption = {
      ...run.history.resumption,
      resumed: at => (at > input ? undefined : { from, records, ends: [], done: before[at] }),
    }
  }
  // Rows before the first one that is read again may have shown the time zone offsets.
  Object.assign(run.history.found, { offsets: run.inputs!.reading.offsets })
  run.inputs = await openInputs(run)
  for await (const batch of batchesOf(run)) {
    const named = differences.isIn(number)
      ? differences.name(number, batch, found.rowsOf(batch), marks(batch))
      : []
    for (const { row, outcome } of named) {
      if (outcome !== 'missing') continue
      const reject = refusedRow(batch, row, lacks, missingCode)
      run.rejects.place(reject, rangeAt(batch.ranges, row).shape)
    }
    number++
    if (differences.areNamed) break
  }
  if (!differences.areNamed) {
    const message = 'the inputs changed while they were audited: audit them again'
    throw new InputError('DDB_INPUT_READ', message, { file: asked.inputs.join(', ') })
  }
  run.rejects.flush()
}

async function compareWith(
  { identity, columns, endedAt, rows, ranges, digest, target }: AuditResult,
  { run, findings, key }: Job,
  found: ComparedTable,
): Promise<void> {
  const described = JSON.stringify([findings.identity, findings.columns])
  if (described !== JSON.stringify([identity, columns])) {
    throw new DdbError(
      'DDB_TARGET_CHANGED',
      `${findings.table} was made again after ${endedAt}: the certificate is of the earlier table`,
    )
  }
  const here = loadResult(run).target.host
  if (target.host !== here)
    run.reporter.notice(`the certificate is of ${target.host}, not of ${here}`)
  const table = await openTable(run, found, ranges, rows.table)
  findings.ranges = table.ranges
  const there = new Hashes(key, [])
  for await (const block of table.read()) there.add(block)
  const same = { found: there.count, missing: 0, changed: 0, others: 0, repeated: 0 }
  const more = there.digest === digest!.rows ? same : {}
  findings.rows = { ...noRows, input: rows.input, table: there.count, ...more }
}
