/*
  The two sides of an audit: reads the inputs as a load would, without sending, and the table in blocks, and hashes the rows of both.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, type ErrorCode } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { wait } from '../../platform/clocks.js'
import type { Platform } from '../../platform/platform.js'
import type { Column } from '../../protocol/value.js'
import type { ReadObserver } from '../check/check-result.js'
import { checkedOptions, type CheckedOptions } from '../checked-options.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { askCount, askOthersBusy } from '../connection/server-queries.js'
import { leavesMemory } from '../evidence/total-rows.js'
import { journaledOptions } from '../journal/portable-options.js'
import type { LoadOptions, LoadResult, ServerTarget } from '../options.js'
import { runPipeline } from '../pipeline.js'
import { RunRejects } from '../rejects/run-rejects.js'
import { loadResult } from '../result.js'
import { newRun, type Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { findTarget } from '../target/find-target.js'
import { outsideMarks } from '../target/partition-scheme.js'
import { ignoreLoss, type Delivery } from '../transport/delivery.js'
import type { AuditOptions, Certificate } from './audit-result.js'
import { findCompared, type Compared } from './compared.js'
import type { Block } from './differences.js'
import { RowHasher } from './row-hash.js'
import { RowSums } from './row-sets.js'
import { readStored, TouchedRanges, type StoredRows } from './stored-rows.js'

/** Rows to hash at once, whatever a load would send at once. */
const batchRows = 20_000
const lookAgainMs = 100

/** Options that read the inputs as `load` reads them. */
function readingOptions(options: AuditOptions): LoadOptions {
  const { columns: _c, exact: _e, missing: _m, journal: _j, expectRows: _x, ...given } = options
  const { create, partition: _p, types, ...target } = options.target
  const { follow: _f, ...input } = options.input ?? {}
  const { confirmTimeoutMs } = options.delivery ?? {}
  return {
    ...given,
    input,
    target: { ...target, ...(create === undefined && types !== undefined ? { types } : {}) },
    delivery: { mode: 'sync', batchRows, ...(confirmTimeoutMs ? { confirmTimeoutMs } : {}) },
    rejects: { onError: 'skip', maxErrors: '100%' },
  }
}

/** Gets the rows of a batch that a partition takes: `outside` has a 1 for each other row. */
export type TakeBatch = (block: Block, batch: Batch, outside: Uint8Array | undefined) => void

export class Sides {
  /** Undefined until the target is known. */
  compared: Compared | undefined
  /** Where a redirect has led. */
  server: ServerTarget
  /** Collects the records that the table lacks; undefined if nobody wants them. */
  readonly missing: RunRejects | undefined
  /** The first reading of the inputs; undefined before its end. */
  input: LoadResult | undefined
  /** Rows that the table has had, and that have left the server's memory. */
  goneRows = 0
  #stored: StoredRows | undefined
  #touched: TouchedRanges | undefined
  #target: TargetDescription | undefined
  readonly #options: AuditOptions
  readonly #platform: Platform
  readonly #certificate: Certificate | undefined
  readonly #reading: LoadOptions
  readonly #checked: CheckedOptions
  readonly #rowHasher: RowHasher
  readonly #keyHasher: RowHasher
  /** Ended by either signal of the caller. */
  readonly #signal: AbortSignal

  /**
   * Opens nothing.
   * @param certificate  if set, the inputs are not read
   * @throws {UsageError} DDB_USAGE, DDB_NAME
   */
  constructor(
    platform: Platform,
    options: AuditOptions,
    key: Int32Array,
    certificate?: Certificate,
  ) {
    this.#platform = platform
    this.#options = options
    this.#certificate = certificate
    this.#reading = readingOptions(options)
    this.#checked = checkedOptions(this.#reading, platform.random)
    this.#rowHasher = new RowHasher(key)
    this.#keyHasher = new RowHasher(key)
    this.server = options.server
    const { missing, signal, leave } = options
    this.#signal = AbortSignal.any([signal, leave].filter(one => one !== undefined))
    if (missing === undefined) return
    const { delivery: _d, rejects: _r, ...asked } = this.#reading
    const checked = this.#checked
    this.missing = new RunRejects({
      checked: { ...checked, rejectsFile: missing },
      files: platform.files,
      described: () => ({ folder: '', options: journaledOptions(asked, checked) }),
    })
  }

  /** Reads the inputs once. The first time also finds the target. @throws {DdbError} */
  async readInput(take: TakeBatch): Promise<void> {
    const run = newRun(this.#reading, this.#checked, this.#platform, { watch: observer })
    // The file of the missing records also says how they were read.
    run.rejects.reading = (...read) => this.missing?.reading(...read)
    const { inputs, misuse } = await runPipeline(run, {
      open: async (_, opened) => {
        this.#target ??= await this.#find(run, session => (opened.control = session))
        opened.delivery = this.#delivery(run, this.#target, take)
        return { target: this.#target, delivery: opened.delivery }
      },
      finish: () => Promise.resolve(),
      fail: error => run.ending.fail(error),
    })
    if (misuse !== undefined) throw misuse
    const result = loadResult(run, inputs, { listsAll: true })
    this.input ??= result
    const { error } = result
    if (error === null) return
    throw run.ending.failure ?? new DdbError(error.code as ErrorCode, error.message)
  }

  /** Passes batches on instead of sending them. */
  #delivery(run: Run, target: TargetDescription, take: TakeBatch): Delivery {
    const marksOf = outsideMarks(target)
    return {
      used: 'none',
      keepsReceipts: false,
      inFlightBytes: 0,
      deliver: batch => {
        run.state.rows.unsent += batch.rowCount
        const columns = this.compared!.sent.map(index => batch.columns[index]!)
        const outside = marksOf?.(batch)
        if (this.input === undefined) this.#touched!.add(batch, outside)
        take(this.#blockOf(columns, batch.rowCount), batch, outside)
        batch.release()
      },
      finish: () => Promise.resolve(),
      leave: () => undefined,
      close: () => Promise.resolve(),
    }
  }

  #blockOf(columns: readonly Column[], rowCount: number): Block {
    this.#rowHasher.hash(columns, rowCount)
    const whole = this.#rowHasher.hashes
    const { keys } = this.compared!
    if (keys.length === 0) return { columns, rowCount, hashed: { identity: whole, whole } }
    this.#keyHasher.hash(
      keys.map(index => columns[index]!),
      rowCount,
    )
    return { columns, rowCount, hashed: { identity: this.#keyHasher.hashes, whole } }
  }

  async #find(run: Run, onConnected: (control: Session) => void): Promise<TargetDescription> {
    const [control, target] = await findTarget(run, onConnected)
    const { columns } = this.#options
    const compared = await findCompared(control, this.#checked, target, columns)
    this.compared = compared
    this.#touched = new TouchedRanges(compared.partition, target.columns)
    this.server = run.server.address
    await this.#awaitOthers(control, run)
    return target
  }

  /** A late request must not store rows after they were found missing: loaded again, they would be there twice. */
  async #awaitOthers(session: Session, { reporter }: Run): Promise<void> {
    const { clock } = this.#platform
    const { confirmTimeoutMs: timeoutMs } = this.#checked
    const untilMs = clock.nowMs() + timeoutMs
    for (let idle = 0; idle < 2; await wait(clock, lookAgainMs, this.#signal)) {
      const isBusy = await askOthersBusy({ session, timeoutMs }, this.server.user ?? 'guest')
      idle = isBusy === true ? 0 : idle + 1
      if (this.missing === undefined) {
        if (isBusy === true) reporter.notice(othersBusy)
        return
      }
      if (clock.nowMs() > untilMs) throw new DdbError('DDB_UNPROVEN', othersBusy)
    }
  }

  /** Reads the table once. */
  async readTable(take: (block: Block) => void = () => undefined): Promise<RowSums> {
    const sums = new RowSums()
    this.#stored ??= await this.#openTable()
    await readStored(this.#stored, (columns, rowCount) => {
      const block = this.#blockOf(columns, rowCount)
      sums.add(block.hashed.whole, rowCount)
      take(block)
    })
    return sums
  }

  async #openTable(): Promise<StoredRows> {
    const { table, columns, identity, isPlain } = this.compared!
    const { clock } = this.#platform
    const { confirmTimeoutMs: timeoutMs } = this.#checked
    const session = await connectServer(this.#platform, this.server, {
      deadlineMs: connectDeadlineMs(this.#platform, this.server),
      closeTimeoutMs: closeTimeoutMs(this.#checked),
      signal: this.#signal,
    })
    const count = isPlain ? await askCount({ session, timeoutMs }, table) : undefined
    if (count !== undefined && leavesMemory(identity.total)) {
      this.goneRows = identity.rows! - count
    }
    const rows = count && Math.min(count, this.#certificate?.rows ?? Infinity)
    const touched = this.#certificate?.ranges ?? this.#touched!.ranges()
    const ranges = rows === undefined ? touched : [null]
    return { session, table, columns, ranges, rows, clock, timeoutMs, signal: this.#signal }
  }

  /** Finds the target of a certificate. */
  async findCertified(): Promise<void> {
    const run = newRun(this.#reading, this.#checked, this.#platform, { watch: observer })
    let control: Session | undefined
    try {
      await this.#find(run, session => (control = session))
    } finally {
      await control?.close().catch(ignoreLoss)
    }
  }

  /** The ranges of the table that were read. */
  get ranges(): StoredRows['ranges'] {
    return this.#stored?.ranges ?? []
  }

  async close(): Promise<void> {
    this.missing?.close()
    await this.#stored?.session.close().catch(ignoreLoss)
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
