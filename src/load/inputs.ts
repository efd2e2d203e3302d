/*
  A run's inputs one after the other: each is opened, its columns are mapped to the target's, and its batches and
  rejects are passed on. All inputs are checked to exist before the first one is read.
*/
import { InputError, type DdbError } from '../errors.js'
import { openReader } from '../parse/open-reader.js'
import type { Batch, CellRules, ColumnCounts, InputReader } from '../parse/input-reader.js'
import type { Files, Platform } from '../platform/platform.js'
import {
  mapColumns,
  type ColumnMapping,
  type InputShape,
  type MappingRules,
} from '../schema/column-mapping.js'
import type { ByteSource } from '../source/byte-source.js'
import { expandSources } from '../source/expand-sources.js'
import { knownEncoding } from '../source/encoding/encodings.js'
import { fileBytes, openSource, stdinName } from '../source/open-source.js'
import { defaultFlushIntervalMs } from './defaults.js'
import type { TargetDescription } from './target/describe-target.js'
import { detectedNotices, detectedOf } from './detected.js'
import { bytesError } from './input-bytes.js'
import type { Detected, InputFailure, LoadOptions, LoadResult } from './options.js'
import type { Journal } from './journal/journal.js'
import { openJournal } from './journal/open-journal.js'
import type { Plan } from './plan.js'
import { dialectOf } from './reader-options.js'
import { checkRejects } from './rejects/check-rejects.js'
import { removeLeftovers } from './rejects/leftover-rejects.js'
import type { RunRejects } from './rejects/run-rejects.js'
import { asDdbError, type Run } from './run.js'

/** What a result says of one input. */
export type InputSummary = LoadResult['inputs'][number]

/** A run of ever so many inputs says no more different things than these, and remembers no more. */
const maxTold = 100

/** All inputs of a run, opened one at a time. */
export interface Inputs {
  /** Batches of all inputs in order. Once the run is stopped, what was read but not batched comes as a last one. */
  batches(run: Run, target: TargetDescription): AsyncGenerator<Batch, void, void>
  /** What was read of each input so far. */
  summaries(): InputSummary[]
  /** Per target column, over all inputs. */
  columnCounts(): readonly ColumnCounts[]
  /** Set when the bytes of an input do not add up. */
  readonly bytesError: DdbError | undefined
  /** Earlier processes of the run have read them all, and nothing of them is left to be sent. */
  readonly areDone: boolean
  close(): Promise<void>
}

/**
 * Takes up the journal where one is kept.
 *
 * @throws {UsageError} DDB_USAGE for an encoding that is not known
 * @throws {InputError} DDB_INPUT_MISSING when any of them is not there
 * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_USAGE when the rejects file would destroy something; DDB_LOCKED,
 * DDB_RUN_CHANGED when the journal is not to be taken up
 */
export async function openInputs(run: Run): Promise<Inputs> {
  const { platform, options, plan } = run
  const { encoding = 'auto' } = options.input ?? {}
  if (encoding !== 'auto') knownEncoding(encoding)
  const found = await expandSources(options.inputs, platform.files)
  const paths = options.journal === undefined ? found : await takeUpJournal(run, found)
  if (plan.rejectsFile !== undefined) {
    const isOwn =
      run.journal?.found.rejects?.files.some(({ path }) => path === plan.rejectsFile) === true
    const files = paths.filter(path => path !== '-')
    checkRejects(plan.rejectsFile, files, platform, isOwn)
  }
  return new SequentialInputs(platform, paths, options, plan, run.journal)
}

/** @returns the inputs in the order of the journal */
async function takeUpJournal(run: Run, paths: readonly string[]): Promise<readonly string[]> {
  const { platform, options, plan } = run
  const opened = paths.includes('-') ? undefined : await openJournal(platform, options, plan, paths)
  if (opened === undefined) {
    run.notice('standard input and pipes cannot be read twice: this run keeps no journal')
    return paths
  }
  const { journal, notices } = opened
  try {
    await removeLeftovers(journal.found, journal.past, plan.runId, platform.files)
    run.goOn(journal)
  } catch (error) {
    journal.close()
    throw error
  }
  for (const notice of notices) run.notice(notice)
  return journal.paths
}

class SequentialInputs implements Inputs {
  bytesError: DdbError | undefined
  readonly #platform: Platform
  readonly #paths: readonly string[]
  readonly #options: LoadOptions
  readonly #plan: Plan
  readonly #journal: Journal | undefined
  readonly #summaries: InputSummary[] = []
  #rejects: RunRejects | undefined
  readonly #counts: ColumnCounts[] = []
  readonly #told = new Set<string>()
  /** Columns of which it was said that their times lose an offset. */
  readonly #offsetColumns = new Set<string>()
  #source: ByteSource | undefined
  /** Of the inputs that are done. */
  #doneBytes = 0
  #doneRecords = 0
  #totalBytes: number | undefined

  constructor(
    platform: Platform,
    paths: readonly string[],
    options: LoadOptions,
    plan: Plan,
    journal: Journal | undefined,
  ) {
    this.#journal = journal
    this.#platform = platform
    this.#paths = paths
    this.#options = options
    this.#plan = plan
  }

  async *batches(run: Run, target: TargetDescription): AsyncGenerator<Batch, void, void> {
    const limit = this.#options.input?.limit ?? Infinity
    this.#totalBytes = await totalBytes(this.#paths, this.#platform.files)
    run.inputProgress(0, this.#totalBytes)
    this.#rejects = run.rejects
    for (const [index, path] of this.#paths.entries()) {
      if (run.stopped || this.#doneRecords >= limit) return
      const done = this.#journal?.found.inputs[index]?.summary
      if (done !== undefined && this.#journal?.resumed(index)?.isDone === true) {
        this.#summaries.push(done)
        this.#doneRecords += done.rows
        this.#doneBytes += done.bytes
        continue
      }
      const summary = newSummary(path)
      this.#summaries.push(summary)
      try {
        yield* this.#openOne(run, target, summary, index)
        if (!run.stopped) this.#journal?.read(index, summary)
      } catch (error) {
        summary.firstError = failureOf(error)
        throw error
      }
    }
  }

  async *#openOne(
    run: Run,
    target: TargetDescription,
    summary: InputSummary,
    index: number,
  ): AsyncGenerator<Batch, void, void> {
    const { path } = summary
    const { compression, encoding, stdin } = this.#options.input ?? {}
    const source = await openSource(path, {
      files: this.#platform.files,
      ...(compression === undefined ? {} : { compression }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(stdin === undefined ? {} : { stdin }),
    })
    this.#source = source
    summary.compression = source.compression
    const reader = await openReader(source, {
      ...dialectOf(this.#options),
      clock: this.#platform.clock,
    })
    yield* this.#readOne(run, target, source, reader, summary, index)
    this.#doneBytes += source.bytesRead
    this.#doneRecords += summary.rows
    await reader.close()
  }

  async *#readOne(
    run: Run,
    target: TargetDescription,
    source: ByteSource,
    reader: InputReader,
    summary: InputSummary,
    index: number,
  ): AsyncGenerator<Batch, void, void> {
    const { input = {}, mapping = {} } = this.#options
    const { path } = summary
    summary.format = reader.format
    const { columns } = target
    const detected = detectedOf(reader, { cells: this.#options.cells, columns })
    summary.detected = detected
    run.rejects.reading(source.name, { format: reader.format, ...detected })
    this.#tell(run, path, reader, detected)
    const { format, compression } = summary
    const journal = this.#journal
    journal?.reading(index, JSON.stringify({ format, compression, ...detected }))
    const resumed = journal?.resumed(index)
    const recordsBefore = resumed?.records ?? 0
    const recordsRead = (): number => recordsBefore + reader.recordsRead
    // For every reject: nothing more than is cheap.
    const count = (): void => {
      run.counts.readUpTo(this.#doneRecords + recordsRead())
      run.inputProgress(this.#doneBytes + source.bytesRead, this.#totalBytes)
    }
    const update = (): void => {
      count()
      summary.rows = recordsRead()
      summary.ragged = reader.raggedRecords
      summary.bytes = source.bytesRead
    }
    const mapped = (): ColumnMapping =>
      mapColumns(target, shapeOf(reader, source.name), mapping satisfies MappingRules)
    const cells = (): CellRules => ({
      ...cellRules(this.#options, detected),
      onOffset: column => this.#tellOffset(column, run),
    })
    const looked = run.watch?.opened(path, reader, mapped)
    const limit = Math.min(
      looked?.maxRows ?? Infinity,
      (input.limit ?? Infinity) - this.#doneRecords - recordsBefore,
    )
    const found = (): AsyncGenerator<Batch, void, void> =>
      reader.batches({
        mapping: looked?.mapping ?? mapped(),
        cells: looked?.isUnfit === true ? {} : cells(),
        batchRows: this.#plan.batchRows,
        batchBytes: this.#plan.batchBytes,
        ...(path === '-'
          ? { flushIntervalMs: input.flushIntervalMs ?? defaultFlushIntervalMs }
          : {}),
        ...(limit === Infinity ? {} : { limit }),
        ...(resumed === undefined ? {} : { from: resumed.from, pieces: resumed.pieces }),
        keepRecords: this.#plan.rejectsFile !== undefined || run.watch !== undefined,
        clock: this.#platform.clock,
        stopped: () => run.stopped,
        onUnreadable: error => run.fail(error),
        onReject: reject => {
          count()
          if (journal?.isKnownReject(index, reject.offsetBytes) === true) return
          if (reject.code === 'DDB_INPUT_READ') journal?.keepNoMoreRejects()
          else journal?.rejected(index, reject.offsetBytes)
          run.reject(reject, reader)
        },
      })
    try {
      for await (const batch of isEmpty(reader) ? [] : found()) {
        update()
        journal?.place(batch, index, recordsRead())
        yield batch
      }
    } finally {
      update()
      summary.contentBytes = { read: source.contentBytesRead, ...reader.byteCounts }
      run.watch?.closed(reader)
      if (looked?.isUnfit !== true) this.#addCounts(reader.columnCounts)
      this.bytesError ??= bytesError(path, summary.contentBytes, reader.readToEnd)
    }
    if (this.bytesError !== undefined) throw this.bytesError
  }

  /** What was found is said, once where it is the same for several inputs. */
  #tell(run: Run, path: string, reader: InputReader, detected: Detected): void {
    const isByPosition = this.#options.mapping?.match === 'position'
    for (const notice of detectedNotices(reader, detected, isByPosition)) {
      if (this.#told.has(notice) || this.#told.size === maxTold) continue
      this.#told.add(notice)
      run.notice(`${path}: ${notice}`)
    }
  }

  /** Once for each column of a run. */
  #tellOffset(columnName: string, run: Run): void {
    if (this.#offsetColumns.has(columnName)) return
    this.#offsetColumns.add(columnName)
    run.notice(
      `times of column "${columnName}" have offsets and are kept as they are written: \`cells.timeZone\` converts them`,
    )
  }

  #addCounts(counts: readonly ColumnCounts[]): void {
    for (const [index, { nulls, coerced }] of counts.entries()) {
      const sum = (this.#counts[index] ??= { nulls: 0, coerced: 0 })
      sum.nulls += nulls
      sum.coerced += coerced
    }
  }

  summaries(): InputSummary[] {
    return this.#summaries.map(summary => {
      const name = summary.path === '-' ? stdinName : summary.path
      const { rejected, firstError } = this.#rejects?.ofInput(name) ?? summary
      return { ...summary, rejected, firstError: firstError ?? summary.firstError }
    })
  }

  get areDone(): boolean {
    const journal = this.#journal
    return (
      journal !== undefined &&
      this.#paths.every((_, index) => {
        const isRead = journal.found.inputs[index]?.summary !== undefined
        return isRead && journal.resumed(index)?.isDone === true
      })
    )
  }

  columnCounts(): readonly ColumnCounts[] {
    return this.#counts
  }

  async close(): Promise<void> {
    await this.#source?.close()
  }
}

function newSummary(path: string): InputSummary {
  return {
    path,
    format: null,
    compression: null,
    bytes: 0,
    rows: 0,
    rejected: 0,
    firstError: null,
    contentBytes: { read: 0, rows: 0, rejected: 0, header: 0, other: 0, skipped: 0 },
    detected: null,
    ragged: 0,
  }
}

function failureOf(error: unknown): InputFailure {
  const { code, message } = asDdbError(error)
  const lineNumber = error instanceof InputError ? error.position.lineNumber : undefined
  return { code, message, lineNumber: lineNumber ?? null }
}

/** Bytes of all inputs as they lie on disk; undefined unless all are plain files. */
async function totalBytes(paths: readonly string[], files: Files): Promise<number | undefined> {
  let sum = 0
  for (const path of paths) {
    const size = path === '-' ? undefined : await fileBytes(path, files)
    if (size === undefined) return undefined
    sum += size
  }
  return sum
}

function cellRules({ cells = {}, input = {} }: LoadOptions, detected: Detected): CellRules {
  const { arrayDelimiter } = input
  const { decimalComma } = detected
  return {
    ...cells,
    ...(decimalComma === null ? {} : { decimalComma: decimalComma.value }),
    ...(arrayDelimiter === undefined ? {} : { arrayDelimiter }),
  }
}

/** An input without a single record has no columns to map either. */
function isEmpty(reader: InputReader): boolean {
  return reader.recordKind === 'fields' && reader.fieldCount === 0
}

function shapeOf(reader: InputReader, file: string): InputShape {
  return {
    file,
    kind: reader.recordKind,
    names: reader.fieldNames,
    fieldCount: reader.fieldCount,
    headerLineNumber: reader.headerLineNumber,
  }
}
