/*
  Compares the rows of inputs with the rows of a table, whoever wrote them: hashes both, and matches the hashes. If rows differ, reads both
  again to name them.
*/
import { hideInData } from '../../client/login/hide-password.js'
import { DdbError, InputError, option, UsageError, usageError } from '../../errors.js'
import { flag, text, texts } from '../../known-fields.js'
import type { Batch } from '../../parse/batch.js'
import { rangeAt } from '../../parse/row-places.js'
import { wait } from '../../platform/clocks.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { withArchives } from '../../source/archive/archives.js'
import { checkedOptions } from '../checked-options.js'
import { askCount, askOthersBusy } from '../connection/server-queries.js'
import { journaledOptions } from '../journal/portable-options.js'
import { checkCall } from '../option-fields.js'
import { runPipeline, type Opened } from '../pipeline.js'
import { checkRejects } from '../rejects/check-rejects.js'
import { RejectFiles } from '../rejects/reject-files.js'
import { problemOf, refusedRow } from '../rejects/reject.js'
import { loadResult } from '../result.js'
import { newRun } from '../run.js'
import { findTarget } from '../target/find-target.js'
import { leavesMemory } from '../target/table-state.js'
import { tableText } from '../target/target.js'
import {
  isCertificate,
  newAuditResult,
  outcomeOf,
  type AuditOptions,
  type AuditResult,
  type CertificateOptions,
} from './audit-result.js'
import { findCompared, storedRows, touchedRanges, type ComparedTable } from './compared-table.js'
import { inputRows, observer, readingOptions } from './input-rows.js'
import { Hashes, Matching, type Side } from './matching.js'
import { Naming } from './naming.js'
import { keyWords, RowHasher } from './row-hash.js'

/** How often a table that changes is compared. */
const mostTries = 3
const lookAgainMs = 100

/**
 * Finds out which rows of the inputs are in the table. Writes nothing to the server.
 * @returns the outcome, including failures (`error`, `exitCode`); the promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export async function audit(options: AuditOptions | CertificateOptions): Promise<AuditResult> {
  checkCall(options, { columns: texts, exact: flag, missing: text, certificate: true })
  return auditOn(systemPlatform, options)
}

export async function auditOn(
  platform: Platform,
  options: AuditOptions | CertificateOptions,
): Promise<AuditResult> {
  const machine = { ...platform, files: withArchives(platform.files) }
  if (!('certificate' in options)) return runAudit(newJob(machine, options))
  const { certificate, ...given } = options
  if (!isCertificate(certificate)) {
    throw usageError('`certificate` is not the result of an audit that found every row')
  }
  const columns = certificate.columns.map(({ name }) => name)
  const target = { table: certificate.table! }
  return runAudit(newJob(machine, { ...given, inputs: ['-'], target, columns }, certificate))
}

type Job = ReturnType<typeof newJob>

function newJob(platform: Platform, asked: AuditOptions, certificate?: AuditResult) {
  if (asked.missing !== undefined && asked.inputs.includes('-')) {
    throw usageError(`${option('missing')} reads its input twice: audit a file, not standard input`)
  }
  const options = readingOptions(asked)
  const checked = checkedOptions(options, platform.random)
  const run = newRun(options, checked, platform, { watch: observer })
  const key = certificate && Buffer.from(certificate.digest!.key, 'hex')
  const { delivery: _d, rejects: _r, ...described } = options
  const missing =
    asked.missing === undefined
      ? undefined
      : new RejectFiles(asked.missing, {
          files: platform.files,
          described: () => ({ folder: '', options: journaledOptions(described, checked) }),
        })
  if (missing !== undefined) run.rejects.reading = (...read) => missing.reading(...read)
  return {
    ...{ asked, certificate, run, missing },
    key: new Int32Array(Uint8Array.from(key ?? platform.random.bytes(4 * keyWords)).buffer),
    result: newAuditResult(loadResult(run, undefined)),
    signal: AbortSignal.any([asked.signal, asked.leave].filter(one => one !== undefined)),
    scratch: platform.files.scratch(),
  }
}

async function runAudit(job: Job): Promise<AuditResult> {
  const { asked, run, certificate, missing, result, scratch } = job
  const { misuse } = await runPipeline(run, {
    open: async (_, opened) => {
      try {
        if (missing !== undefined) checkRejects(asked.missing!, asked.inputs, run.platform)
        const [session, target] = await findTarget(run, control => (opened.control = control))
        const found = await findCompared(session, run.checked, target, asked.columns)
        const { table, identity, columns } = found
        const { chunkId, physicalIndex } = identity
        const isKnown = chunkId !== null || physicalIndex !== null
        Object.assign(result, {
          table: tableText(table),
          identity: isKnown ? `${chunkId}/${physicalIndex}` : null,
          columns: columns.map(({ name, type }) => ({ name, type: columnTypeText(type) })),
        })
        await awaitOthers(job, found)
        await (certificate ? compareWith(certificate, job, found) : compare(job, found, opened))
      } finally {
        missing?.close()
        scratch.close()
      }
      return undefined
    },
    finish: () => Promise.resolve(),
    fail: error => run.ending.fail(error),
  })
  const failure = misuse ?? run.ending.failure
  if (failure instanceof UsageError) throw failure
  const { endedAt, error, exitCode, ...ended } = loadResult(run, undefined)
  // Each reading of the inputs says how they are read.
  const notices = [...new Set(ended.notices)]
  const missingFiles = missing?.kept().map(({ path, rows }) => ({ path, rows })) ?? []
  Object.assign(result, { endedAt, notices, error, exitCode, missingFiles })
  Object.assign(result, outcomeOf(result, asked.exact === true))
  return hideInData(result, run.reporter.secrets.hideInSentence)
}

async function compare(job: Job, found: ComparedTable, opened: Opened): Promise<void> {
  const { asked, run, result, key, scratch } = job
  const touched = touchedRanges(found)
  const input = inputRows(run, opened, found, result)
  const own = new Hashes(key, found.keys, scratch)
  await input(block => {
    own.add(block)
    touched.add(block.batch!, block.outside)
  })
  const { table, goneRows } = await openTable(job, found, asked.exact ? [null] : touched.ranges())
  let there: Hashes
  let matching: Matching
  let naming: Naming
  for (let left = mostTries; ; left--) {
    there = new Hashes(key, found.keys, scratch)
    await table(block => void there.add(block))
    matching = new Matching(own.total)
    await matching.match(own, there, found.keeps, async () => {
      await new Promise<void>(resolve => run.platform.clock.nextTurn(resolve))
      if (run.ending.failure !== undefined) throw run.ending.failure
    })
    naming = new Naming(matching, found.columns)
    if (matching.lacking === 0) break
    const again = new Hashes(key, found.keys)
    await table(block => naming.look(block, again.add(block)))
    if (again.digest === there.digest) break
    if (left > 1) continue
    throw unproven(
      `${tableText(found.table)} changes while it is read: audit it again when nobody writes to these rows`,
    )
  }
  if (matching.lacking > 0 && goneRows > 0) {
    throw unproven(
      `rows that were not found may be among the ${goneRows} that have left the memory of the server, where an audit cannot read them`,
    )
  }
  if (matching.last >= 0) await nameRows(job, input, naming)
  const { rows } = result
  Object.assign(rows, matching.counts)
  rows.outside = own.total - own.count
  rows.found = own.count - matching.lacking - rows.replaced
  rows.table = there.count
  rows.others = rows.table - rows.found - rows.changed!
  if (matching.lacking === 0 && rows.others === 0) {
    result.digest = { rows: there.digest, key: Buffer.from(key.buffer).toString('hex') }
  }
}

/** Names the rows that differ, and adds the records of missing rows to their file. */
async function nameRows(
  { asked, key, missing, result, run }: Job,
  input: Side,
  naming: Naming,
): Promise<void> {
  if (asked.inputs.includes('-')) {
    run.reporter.notice(
      'standard input cannot be read twice: audit a file to learn which rows differ',
    )
    return
  }
  const hasher = new RowHasher(key)
  const addMissing = (batch: Batch, row: number): void => {
    if (missing === undefined) return
    const message = 'the table does not have this row'
    const reject = { ...refusedRow(batch, row, ''), code: 'DDB_UNCONFIRMED', message } as const
    const { shape } = rangeAt(batch.ranges, row)
    missing.add(reject.bytes, shape, { runId: run.checked.runId, ...problemOf(reject) })
  }
  await input(block => naming.name(block, hasher, addMissing))
  if (!naming.isRight) {
    const message = 'the inputs changed while they were audited: audit them again'
    throw new InputError('DDB_INPUT_READ', message, { file: asked.inputs.join(', ') })
  }
  missing?.flush()
  result.lines = naming.lines
}

async function compareWith(
  { identity, columns, endedAt, rows, ranges, digest }: AuditResult,
  job: Job,
  found: ComparedTable,
): Promise<void> {
  const { result } = job
  const described = JSON.stringify([result.identity, result.columns])
  if (described !== JSON.stringify([identity, columns])) {
    throw new DdbError(
      'DDB_TARGET_CHANGED',
      `${tableText(found.table)} was made again after ${endedAt}: the certificate is of the earlier table`,
    )
  }
  const { table } = await openTable(job, found, ranges, rows.table)
  const there = new Hashes(job.key, found.keys)
  await table(block => void there.add(block))
  Object.assign(result.rows, { input: rows.input, table: there.count })
  if (there.digest !== digest!.rows) return
  Object.assign(result.rows, {
    found: there.count,
    missing: 0,
    changed: 0,
    others: 0,
    repeated: 0,
  })
}

/** @param mostRows  to read of a table in memory */
async function openTable(
  { run, result, signal }: Job,
  found: ComparedTable,
  touched: AuditResult['ranges'],
  mostRows = Infinity,
): Promise<{ table: Side; goneRows: number }> {
  const { clock } = run.platform
  const { session, timeoutMs, identity } = found
  const count = found.isPlain ? await askCount({ session, timeoutMs }, found.table) : undefined
  result.ranges = count === undefined ? touched : [null]
  return {
    table: storedRows(found, result.ranges, count && Math.min(count, mostRows), { clock, signal }),
    goneRows: count !== undefined && leavesMemory(identity.total) ? identity.rows! - count : 0,
  }
}

/** A late request must not store rows after they were found missing: loaded again, they would be there twice. */
async function awaitOthers(
  { run: { platform, reporter, server }, missing, signal }: Job,
  { session, timeoutMs }: ComparedTable,
): Promise<void> {
  const { clock } = platform
  const untilMs = clock.nowMs() + timeoutMs
  for (let idle = 0; idle < 2; await wait(clock, lookAgainMs, signal)) {
    const isBusy = await askOthersBusy({ session, timeoutMs }, server.user ?? 'guest')
    idle = isBusy === true ? 0 : idle + 1
    if (missing === undefined) {
      if (isBusy === true) reporter.notice(othersBusy)
      return
    }
    if (clock.nowMs() > untilMs) throw unproven(othersBusy)
  }
}

const othersBusy =
  'the server works on requests of this user, which may still add rows: audit the table when they are done'

const unproven = (message: string): DdbError => new DdbError('DDB_UNPROVEN', message)
