/*
  A run's inputs one after the other: each is opened, its columns are mapped to the target's, and its batches and
  rejects are passed on. All inputs are checked to exist before the first one is read.
*/
import { InputError, type DdbError } from '../errors.js'
import { openReader, type ReaderOptions } from '../parse/open-reader.js'
import type { Batch, CellRules, ColumnCounts, InputReader } from '../parse/input-reader.js'
import type { Files, Platform } from '../platform/platform.js'
import { mapColumns, type InputShape, type MappingRules } from '../schema/column-mapping.js'
import type { ByteSource } from '../source/byte-source.js'
import { expandSources } from '../source/expand-sources.js'
import { knownEncoding } from '../source/encoding/encodings.js'
import { fileBytes, openSource, stdinName } from '../source/open-source.js'
import { defaultFlushIntervalMs } from './defaults.js'
import type { TargetDescription } from './describe-target.js'
import { detectedNotices, detectedOf } from './detected.js'
import { bytesError } from './input-bytes.js'
import type { Detected, InputFailure, LoadOptions, LoadResult } from './options.js'
import type { Plan } from './plan.js'
import { checkRejects } from './rejects/check-rejects.js'
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
  close(): Promise<void>
}

/**
 * @throws {UsageError} DDB_USAGE for an encoding that is not known
 * @throws {InputError} DDB_INPUT_MISSING when any of them is not there
 * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_USAGE when the rejects file would destroy something
 */
export async function openInputs(
  platform: Platform,
  options: LoadOptions,
  plan: Plan,
): Promise<Inputs> {
  const { files } = platform
  const { encoding = 'auto' } = options.input ?? {}
  if (encoding !== 'auto') knownEncoding(encoding)
  const paths = await expandSources(options.inputs, files)
  if (plan.rejectsFile !== undefined) {
    checkRejects(
      plan.rejectsFile,
      paths.filter(path => path !== '-'),
      platform,
    )
  }
  return new SequentialInputs(platform, paths, options, plan)
}

class SequentialInputs implements Inputs {
  bytesError: DdbError | undefined
  readonly #platform: Platform
  readonly #paths: readonly string[]
  readonly #options: LoadOptions
  readonly #plan: Plan
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

  constructor(platform: Platform, paths: readonly string[], options: LoadOptions, plan: Plan) {
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
    for (const path of this.#paths) {
      if (run.stopped || this.#doneRecords >= limit) return
      const summary = newSummary(path)
      this.#summaries.push(summary)
      try {
        yield* this.#openOne(run, target, summary)
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
    yield* this.#readOne(run, target, source, reader, summary)
    this.#doneBytes += source.bytesRead
    this.#doneRecords += reader.recordsRead
    await reader.close()
  }

  async *#readOne(
    run: Run,
    target: TargetDescription,
    source: ByteSource,
    reader: InputReader,
    summary: InputSummary,
  ): AsyncGenerator<Batch, void, void> {
    const { input = {}, mapping = {} } = this.#options
    const { path } = summary
    summary.format = reader.format
    const { columns } = target
    const detected = detectedOf(reader, { cells: this.#options.cells, columns })
    summary.detected = detected
    this.#tell(run, path, reader, detected)
    const update = (): void => {
      run.counts.readUpTo(this.#doneRecords + reader.recordsRead)
      summary.rows = reader.recordsRead
      summary.ragged = reader.raggedRecords
      summary.bytes = source.bytesRead
      summary.contentBytes = { read: source.contentBytesRead, ...reader.byteCounts }
      run.inputProgress(this.#doneBytes + source.bytesRead, this.#totalBytes)
    }
    const found = (): AsyncGenerator<Batch, void, void> =>
      reader.batches({
        mapping: mapColumns(target, shapeOf(reader, source.name), mapping satisfies MappingRules),
        cells: {
          ...cellRules(this.#options, detected),
          onOffset: column => this.#tellOffset(column, run),
        },
        batchRows: this.#plan.batchRows,
        batchBytes: this.#plan.batchBytes,
        ...(path === '-'
          ? { flushIntervalMs: input.flushIntervalMs ?? defaultFlushIntervalMs }
          : {}),
        ...(input.limit === undefined ? {} : { limit: input.limit - this.#doneRecords }),
        keepRecords: this.#plan.rejectsFile !== undefined,
        clock: this.#platform.clock,
        stopped: () => run.stopped,
        onUnreadable: error => run.fail(error),
        onReject: reject => {
          update()
          run.reject(reject, reader)
        },
      })
    try {
      for await (const batch of isEmpty(reader) ? [] : found()) {
        update()
        yield batch
      }
    } finally {
      update()
      this.#addCounts(reader.columnCounts)
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
    contentBytes: { read: 0, rows: 0, rejected: 0, header: 0, other: 0 },
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

const dialectFields = [
  'format',
  'delimiter',
  'quote',
  'escape',
  'comment',
  'header',
  'skipLines',
  'jsonPath',
  'ragged',
  'trim',
  'quotes',
  'maxRecordBytes',
] as const

function dialectOf({ input = {} }: LoadOptions): ReaderOptions {
  return Object.fromEntries(
    dialectFields.flatMap(name => (input[name] === undefined ? [] : [[name, input[name]]])),
  )
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
