/*
  A run's inputs one after the other: each is opened, its columns are mapped to the target's, and its batches and
  rejects are passed on. All inputs are checked to exist before the first one is read.
*/
import type { DdbError } from '../errors.js'
import { openReader } from '../parse/open-reader.js'
import type { Batch, ColumnCounts } from '../parse/input-reader.js'
import type { Files, Platform } from '../platform/platform.js'
import type { ByteSource } from '../source/byte-source.js'
import { expandSources } from '../source/expand-sources.js'
import { presentFiles, type PresentFile } from '../source/follow/present-files.js'
import { knownEncoding } from '../source/encoding/encodings.js'
import { fileBytes, openSource, stdinName } from '../source/open-source.js'
import { openFollowed } from './follow/followed-inputs.js'
import {
  failureOf,
  newInputReading,
  newSummary,
  type InputReading,
  type InputSummary,
} from './input-reading.js'
import type { TargetDescription } from './target/describe-target.js'
import type { LoadOptions } from './options.js'
import type { Journal } from './journal/journal.js'
import { openJournal } from './journal/open-journal.js'
import type { Plan } from './plan.js'
import { dialectOf } from './reader-options.js'
import { checkRejects } from './rejects/check-rejects.js'
import { removeLeftovers } from './rejects/leftover-rejects.js'
import type { RunRejects } from './rejects/run-rejects.js'
import type { Run } from './run.js'

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
  if (options.input?.follow === true) {
    if (options.journal !== undefined) await takeUpJournal(run, [])
    checkRejectsFile(run, (await presentFiles(options.inputs, platform.files)).files.map(pathOf))
    return openFollowed(run)
  }
  const found = await expandSources(options.inputs, platform.files)
  const paths = options.journal === undefined ? found : await takeUpJournal(run, found)
  checkRejectsFile(
    run,
    paths.filter(path => path !== '-'),
  )
  return new SequentialInputs(platform, paths, options, plan, run.journal)
}

const pathOf = ({ path }: PresentFile): string => path

function checkRejectsFile(
  { plan, journal, platform, options }: Run,
  paths: readonly string[],
): void {
  const { rejectsFile } = plan
  if (rejectsFile === undefined) return
  const isOwn = journal?.found.rejects?.files.some(({ path }) => path === rejectsFile) === true
  // Whoever follows a folder passes over the rejects of the run in it.
  const isInput = !isOwn || options.input?.follow !== true
  checkRejects(rejectsFile, isInput ? paths : [], platform, isOwn)
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
    await journal.close()
    throw error
  }
  for (const notice of notices) run.notice(notice)
  return journal.paths
}

class SequentialInputs implements Inputs {
  readonly #platform: Platform
  readonly #paths: readonly string[]
  readonly #options: LoadOptions
  readonly #journal: Journal | undefined
  readonly #summaries: InputSummary[] = []
  readonly #reading: InputReading
  #rejects: RunRejects | undefined
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
    this.#reading = newInputReading(platform, options, plan, journal)
  }

  get bytesError(): DdbError | undefined {
    return this.#reading.bytesError
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
    const journal = this.#journal
    const limit = this.#options.input?.limit
    yield* this.#reading.batches(run, target, {
      source,
      reader,
      summary,
      number: () => index,
      detected: undefined,
      resumed: journal?.resumed(index),
      maxRecords: limit === undefined ? Infinity : limit - this.#doneRecords,
      flushes: path === '-',
      progress: ({ rows }) => {
        run.counts.readUpTo(this.#doneRecords + rows)
        run.inputProgress(this.#doneBytes + source.bytesRead, this.#totalBytes)
      },
    })
    this.#doneBytes += source.bytesRead
    this.#doneRecords += summary.rows
    await reader.close()
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
    return this.#reading.columnCounts
  }

  async close(): Promise<void> {
    await this.#source?.close()
  }
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
