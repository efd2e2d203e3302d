/*
  Compares the rows of inputs with the rows of a table, whoever wrote them: reads the inputs as a load would, and the table in blocks. If
  the sums of their hashes differ, reads both again, row by row.
*/
import { hideInData, newSecrets } from '../../client/login/hide-password.js'
import type { Session } from '../../client/open-session.js'
import { DdbError, InputError, UsageError, usageError, type ErrorCode } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { rangeAt } from '../../parse/row-places.js'
import { wait } from '../../platform/clocks.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system.js'
import { flag, text, texts } from '../../known-fields.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { withArchives } from '../../source/archive/archives.js'
import { version } from '../../version.js'
import type { ReadObserver } from '../check/check-result.js'
import { checkedOptions, type CheckedOptions } from '../checked-options.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { askCount, askOthersBusy } from '../connection/server-queries.js'
import { leavesMemory } from '../target/table-state.js'
import { journaledOptions } from '../journal/portable-options.js'
import { checkCall } from '../option-fields.js'
import type { LoadOptions, LoadResult, ServerTarget } from '../options.js'
import { runPipeline } from '../pipeline.js'
import { checkRejects } from '../rejects/check-rejects.js'
import { RejectFiles } from '../rejects/reject-files.js'
import { problemOf, refusedRow } from '../rejects/reject.js'
import { loadResult } from '../result.js'
import { asDdbError } from '../run-ending.js'
import { newRun, type Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { findTarget } from '../target/find-target.js'
import { outsideMarks } from '../target/partition-scheme.js'
import { tableText } from '../target/target.js'
import { ignoreLoss, sendNothing } from '../transport/delivery.js'
import {
  concluded,
  isCertificate,
  newResult,
  readingOptions,
  type AuditOptions,
  type AuditResult,
  type Certificate,
  type CertificateOptions,
} from './audit-result.js'
import { findCompared, type Compared } from './compared.js'
import { blockHasher, Differences, type Block } from './differences.js'
import { keyWords, RowHasher } from './row-hash.js'
import { bucketCount, parts, RowSums } from './row-sets.js'
import { readStored, touchedRanges, type StoredRows, type TouchedRanges } from './stored-rows.js'

/** How often a table that changes is compared again. */
const mostTries = 2
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
  if (!('certificate' in options)) return new Audit(machine, options).run()
  const { certificate, ...given } = options
  if (!isCertificate(certificate))
    throw usageError('`certificate` is not a certificate of an audit')
  const columns = certificate.columns.map(({ name }) => name)
  const target = { table: certificate.table }
  return new Audit(machine, { ...given, inputs: ['-'], target, columns }, certificate).run()
}

class Audit {
  readonly #platform: Platform
  readonly #options: AuditOptions
  readonly #certificate: Certificate | undefined
  readonly #key: Int32Array
  readonly #reading: LoadOptions
  readonly #checked: CheckedOptions
  /** Ended by either signal of the caller. */
  readonly #signal: AbortSignal
  readonly #result: AuditResult
  /** Collects the records that the table lacks; undefined if nobody wants them. */
  readonly #missing: RejectFiles | undefined
  /** Where a redirect has led. */
  #server: ServerTarget
  #target: TargetDescription | undefined
  #compared: Compared | undefined
  #touched: TouchedRanges | undefined
  #blockOf: ReturnType<typeof blockHasher> | undefined
  #stored: StoredRows | undefined
  /** The first reading of the inputs. */
  #input: { readonly result: LoadResult; readonly sums: RowSums } | undefined
  /** Rows that the table has had, and that have left the server's memory. */
  #goneRows = 0

  constructor(platform: Platform, options: AuditOptions, certificate?: Certificate) {
    this.#platform = platform
    this.#options = options
    this.#certificate = certificate
    const key = certificate && Buffer.from(certificate.key, 'hex')
    const bytes = Uint8Array.from(key ?? platform.random.bytes(4 * keyWords))
    this.#key = new Int32Array(bytes.buffer)
    this.#reading = readingOptions(options)
    this.#checked = checkedOptions(this.#reading, platform.random)
    const { missing, signal, leave, server } = options
    this.#signal = AbortSignal.any([signal, leave].filter(one => one !== undefined))
    this.#server = server
    this.#result = newResult(this.#now(), options)
    if (missing === undefined) return
    const { delivery: _d, rejects: _r, ...asked } = this.#reading
    this.#missing = new RejectFiles(missing, {
      files: platform.files,
      described: () => ({ folder: '', options: journaledOptions(asked, this.#checked) }),
    })
  }

  async run(): Promise<AuditResult> {
    let failure: DdbError | undefined
    const fail = (error: unknown): void => void (failure ??= asDdbError(error))
    const certificate = this.#certificate
    await (certificate ? this.#compareWith(certificate) : this.#compare()).catch(fail)
    await this.#close().catch(fail)
    if (failure instanceof UsageError && this.#compared === undefined) throw failure
    const { target = this.#result.target, notices = [], rows } = this.#input?.result ?? {}
    const known = {
      ...this.#result,
      ...{ endedAt: this.#now(), target, notices, ranges: this.#stored?.ranges ?? [] },
      columns: this.#compared?.columns.map(({ name }) => name) ?? [],
      missingFiles:
        this.#missing?.kept().map(({ path, rows: count }) => ({ path, rows: count })) ?? [],
      rows: { ...this.#result.rows, ...(rows && { input: rows.read, rejected: rows.rejected }) },
    }
    const result = concluded(known, this.#options.exact === true, failure)
    return hideInData(result, newSecrets(this.#options.server.password).hideInSentence)
  }

  #now(): string {
    return new Date(this.#platform.clock.wallMs()).toISOString()
  }

  async #close(): Promise<void> {
    this.#missing?.close()
    await this.#stored?.session.close().catch(ignoreLoss)
  }

  async #compare(): Promise<void> {
    const { missing, inputs } = this.#options
    const { rows } = this.#result
    if (missing !== undefined) checkRejects(missing, inputs, this.#platform)
    await this.#readInput()
    const { result, sums } = this.#input!
    rows.outside = result.rows.read - result.rows.rejected - sums.rows
    // With so many rows of others, sums cannot show which rows differ.
    const areMany = (found: RowSums): boolean => found.rows > sums.rows + bucketCount
    const isRead = this.#compared!.keeps === 'all'
    let table = isRead ? await this.#readTable((_, found) => areMany(found)) : undefined
    if (table !== undefined && areMany(table)) table = undefined
    const chosen = table?.differences(sums) ?? new Uint8Array(bucketCount).fill(1)
    if (!chosen.includes(1)) Object.assign(rows, { missing: 0, changed: 0, repeated: 0 })
    else if (inputs.includes('-')) {
      throw unproven(
        'the table has other rows than standard input, which cannot be read twice: audit a file to find out which rows differ',
      )
    } else {
      for (const part of parts(sums, chosen)) table = await this.#narrow(part, table)
    }
    rows.table = table!.rows
    rows.found = sums.rows - rows.missing! - rows.changed! - rows.replaced
    rows.others = table!.rows - rows.found - rows.changed!
    if (rows.missing === 0 && rows.changed === 0 && rows.others === 0) {
      this.#result.certificate = this.#certificateOf(table!)
    }
  }

  async #compareWith(certificate: Certificate): Promise<void> {
    const { rows } = this.#result
    await this.#readInput()
    const [was, is] = [certificate, this.#certificateOf(new RowSums())].map(
      ({ identity, columns }) => [identity, ...columns.map(({ type }) => type)].join(),
    )
    if (was !== is) {
      throw new DdbError(
        'DDB_TARGET_CHANGED',
        `${certificate.table} was made again after ${certificate.madeAt}: the certificate is of the earlier table`,
      )
    }
    rows.input = certificate.rows
    const found = await this.#readTable()
    rows.table = found.rows
    if (found.digest() !== certificate.digest) return
    Object.assign(rows, { found: found.rows, missing: 0, changed: 0, others: 0, repeated: 0 })
  }

  /** @param found  sums of the table */
  #certificateOf(found: RowSums): Certificate {
    const { table, identity, columns } = this.#compared!
    const { chunkId, physicalIndex } = identity
    const { host, port } = this.#server
    const isKnown = chunkId !== null || physicalIndex !== null
    return {
      ...{ schema: 'ddb-ingest/certificate/1', version, madeAt: this.#now() },
      ...{ host: `${host}:${port}`, table: tableText(table) },
      identity: isKnown ? `${chunkId}/${physicalIndex}` : null,
      columns: columns.map(({ name, type }) => ({ name, type: columnTypeText(type) })),
      ...{ ranges: this.#stored?.ranges ?? [], rows: found.rows, digest: found.digest() },
      key: Buffer.from(this.#key.buffer).toString('hex'),
      inputs:
        this.#input?.result.inputs.map(({ path, rows, bytes }) => ({ path, rows, bytes })) ?? [],
    }
  }

  /**
   * Compares the rows of the chosen buckets one by one, and names those that differ.
   * @param before  sums of the table when it was read last
   * @returns its sums now
   */
  async #narrow(
    chosen: Uint8Array,
    before: RowSums | undefined,
    left = mostTries,
  ): Promise<RowSums> {
    const compared = this.#compared!
    const sums = [this.#input!.sums, before] as const
    const differences = new Differences(chosen, sums, compared, new RowHasher(this.#key))
    let table = before
    if (differences.needsRows) {
      await this.#readInput(block => differences.keep(block))
      differences.sort()
      table = await this.#readTable(block => differences.strike(block))
      differences.endStrikes()
    }
    if (differences.open > 0) {
      const again = await this.#readTable(block => differences.addStrangers(block))
      if (again.digest() !== table!.digest()) {
        if (left > 0) return this.#narrow(chosen, undefined, left - 1)
        throw unproven(
          `${tableText(compared.table)} changes while it is read: audit it again when nobody writes to these rows`,
        )
      }
    }
    if (differences.open > 0 && this.#goneRows > 0) {
      throw unproven(
        `rows that were not found may be among the ${this.#goneRows} that have left the memory of the server, where an audit cannot read them`,
      )
    }
    await this.#name(differences)
    differences.tell(this.#result)
    return table!
  }

  /** Names the rows that differ, and adds the records of missing rows to their file. */
  async #name(differences: Differences): Promise<void> {
    if (differences.isDone) return
    const missing = this.#missing
    await this.#readInput((block, batch) => {
      differences.name(block, batch, this.#result.lines, row => {
        if (missing === undefined) return
        const message = 'the table does not have this row'
        const reject = { ...refusedRow(batch, row, ''), code: 'DDB_UNCONFIRMED', message } as const
        const { shape } = rangeAt(batch.ranges, row)
        missing.add(reject.bytes, shape, { runId: this.#checked.runId, ...problemOf(reject) })
      })
      return differences.isDone
    })
    if (differences.open > 0) throw this.#inputChanged()
    missing?.flush()
  }

  #inputChanged(): InputError {
    const message = 'the inputs changed while they were audited: audit them again'
    return new InputError('DDB_INPUT_READ', message, { file: this.#options.inputs.join(', ') })
  }

  /**
   * Reads the inputs. The first time also finds the target.
   * @param take  returns true if it needs no more rows
   * @throws {DdbError}
   */
  async #readInput(
    take: (block: Block, batch: Batch) => boolean | void = () => false,
  ): Promise<void> {
    const run = newRun(this.#reading, this.#checked, this.#platform, { watch: observer })
    // The file of the missing records also says how they were read.
    run.rejects.reading = (...read) => this.#missing?.reading(...read)
    const sums = new RowSums()
    const { inputs, misuse } = await runPipeline(run, {
      open: async (_, opened) => {
        const target = (this.#target ??= await this.#find(
          run,
          control => (opened.control = control),
        ))
        if (this.#certificate !== undefined) return undefined
        const marksOf = outsideMarks(target)
        opened.delivery = sendNothing(batch => {
          run.state.rows.unsent += batch.rowCount
          const outside = marksOf?.(batch)
          if (this.#input === undefined) this.#touched!.add(batch, outside)
          const columns = this.#compared!.sent.map(index => batch.columns[index]!)
          const block = this.#blockOf!(columns, batch.rowCount, outside)
          sums.add(block)
          if (take(block, batch) === true) run.ending.fail(enough)
        })
        return { target, delivery: opened.delivery }
      },
      finish: () => Promise.resolve(),
      fail: error => run.ending.fail(error),
    })
    if (misuse !== undefined) throw misuse
    const { failure } = run.ending
    if (failure === enough) return
    const result = loadResult(run, inputs, { listsAll: true })
    const { error } = result
    if (this.#certificate === undefined) this.#input ??= { result, sums }
    if (error !== null) throw failure ?? new DdbError(error.code as ErrorCode, error.message)
    if (this.#input && sums.digest() !== this.#input.sums.digest()) throw this.#inputChanged()
  }

  async #find(run: Run, onConnected: (control: Session) => void): Promise<TargetDescription> {
    const [control, target] = await findTarget(run, onConnected)
    this.#compared = await findCompared(control, this.#checked, target, this.#options.columns)
    this.#touched = touchedRanges(this.#compared.partition ?? {}, target.columns)
    this.#blockOf = blockHasher(this.#key, this.#compared.keys)
    this.#server = run.server
    await this.#awaitOthers(control, run)
    return target
  }

  /** A late request must not store rows after they were found missing: loaded again, they would be there twice. */
  async #awaitOthers(session: Session, { reporter }: Run): Promise<void> {
    const { clock } = this.#platform
    const { confirmTimeoutMs: timeoutMs } = this.#checked
    const untilMs = clock.nowMs() + timeoutMs
    for (let idle = 0; idle < 2; await wait(clock, lookAgainMs, this.#signal)) {
      const isBusy = await askOthersBusy({ session, timeoutMs }, this.#server.user ?? 'guest')
      idle = isBusy === true ? 0 : idle + 1
      if (this.#missing === undefined) {
        if (isBusy === true) reporter.notice(othersBusy)
        return
      }
      if (clock.nowMs() > untilMs) throw unproven(othersBusy)
    }
  }

  /** Reads the table once. @param take  returns true if it needs no more rows; some may follow */
  async #readTable(
    take: (block: Block, sums: RowSums) => boolean | void = () => false,
  ): Promise<RowSums> {
    const sums = new RowSums()
    this.#stored ??= await this.#openTable()
    await readStored(this.#stored, (columns, rowCount) => {
      const block = this.#blockOf!(columns, rowCount)
      sums.add(block)
      return take(block, sums) === true
    })
    return sums
  }

  async #openTable(): Promise<StoredRows> {
    const { table, columns, identity, isPlain } = this.#compared!
    const { clock } = this.#platform
    const { confirmTimeoutMs: timeoutMs } = this.#checked
    const session = await connectServer(this.#platform, this.#server, {
      deadlineMs: connectDeadlineMs(this.#platform, this.#server),
      closeTimeoutMs: closeTimeoutMs(this.#checked),
      signal: this.#signal,
    })
    const count = isPlain ? await askCount({ session, timeoutMs }, table) : undefined
    if (count !== undefined && leavesMemory(identity.total)) {
      this.#goneRows = identity.rows! - count
    }
    const rows = count && Math.min(count, this.#certificate?.rows ?? Infinity)
    const touched = this.#certificate?.ranges ?? this.#touched!.ranges()
    const ranges = rows === undefined ? touched : [null]
    return { session, table, columns, ranges, rows, clock, timeoutMs, signal: this.#signal }
  }
}

/** Reads every input as the target demands. */
const observer: ReadObserver = {
  opened: (_path, _reader, map) => ({ mapping: map(), maxRows: Infinity, isUnfit: false }),
  rejected: () => undefined,
  closed: () => undefined,
}

const othersBusy =
  'the server works on requests of this user, which may still add rows: audit the table when they are done'

/** Ends a reading that needs no more rows. */
const enough = new DdbError('DDB_INTERRUPTED', 'enough rows were read')

const unproven = (message: string): DdbError => new DdbError('DDB_UNPROVEN', message)
