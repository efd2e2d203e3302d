/*
  Reads a run's inputs one after the other: opens each input, maps its columns to the target's, and passes on its batches and rejects.
  Before it reads the first input, it checks that all inputs exist.
*/
import { type Batch, type BatchEnding, batchesAmong, type Step } from '../../parse/batch.js'
import { Cuts } from '../../parse/cuts.js'
import { newSharedRows, type SharedRows } from '../../parse/shared-rows.js'
import type { FileStatus } from '../../platform/platform.js'
import { sourceNotices } from '../../source/expand-sources.js'
import { knownEncoding } from '../../source/encoding/encodings.js'
import {
  checkInputTexts,
  checkHeaders,
  laterHeaderError,
  maxCheckedHeaders,
} from './reader-options.js'
import { expandInputs, noSourceNotes, withArchiveFiles } from './expand-inputs.js'
import { openFollowed, presentNow } from './follow/followed-inputs.js'
import { newRowsOpener, rowFeed } from './row-inputs.js'
import { rowsName } from './row-store.js'
import {
  failureOf,
  InputReading,
  newSummary,
  type Inputs,
  type InputSummary,
  type OpenedInput,
} from './input-reading.js'
import {
  newInputOpener,
  type FoundInput,
  type InputOpener,
  type NamedInputs,
} from './open-input.js'
import type { RecordOf } from '../journal/journal-record.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { SourceNotes } from '../options.js'
import { runDamaged } from '../journal/changed-run.js'
import { placer } from '../journal/resumption.js'
import { openJournal } from '../journal/open-journal.js'
import { checkRejects, isOfRun } from '../rejects/check-rejects.js'
import { reasonsPath } from '../rejects/reject-path.js'
import { timeText, type Run } from '../run.js'

/**
 * Opens the inputs, and continues the run's journal if there is one.
 * @throws {UsageError} DDB_USAGE for an unknown encoding
 * @throws {InputError} DDB_INPUT_MISSING if an input does not exist
 * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_USAGE if the rejects file would overwrite something; DDB_LOCKED,
 *   DDB_RUN_CHANGED, DDB_RUN_DAMAGED if this process must not continue the journal
 */
export async function openInputs(run: Run): Promise<Inputs> {
  const { platform, options } = run
  if (run.rows !== undefined) {
    checkRejectsFile(run, [])
    const rows = { names: [rowsName], paths: [rowsName], sizes: [undefined] }
    return new SequentialInputs(run, rows, noSourceNotes())
  }
  const { encoding = 'auto' } = options.input ?? {}
  if (encoding !== 'auto') knownEncoding(encoding)
  if (options.input?.follow === true) {
    if (options.journal !== undefined) await takeUpJournal(run, { paths: [], sizes: [] })
    const { files } = await presentNow(run)
    const paths = files.map(({ path }) => path)
    checkRejectsFile(run, paths)
    return openFollowed(run)
  }
  const { files } = platform
  const looking = { stdin: openedStdin(run), files }
  const found = await expandInputs(options.inputs, options.input ?? {}, looking)
  for (const notice of sourceNotices(found)) run.reporter.notice(notice)
  const { passedOver, sameFiles } = found
  const journaled = options.journal && (await takeUpJournal(run, found))
  checkRejectsFile(run, found.paths)
  const inputs = journaled ?? { names: found.paths, ...found }
  return new SequentialInputs(run, inputs, { passedOver, sameFiles })
}

/** The file that the shell opened as standard input; undefined if the run does not read that standard input. */
function openedStdin({ options, platform }: Run): FileStatus | undefined {
  const { fd } = (options.input?.stdin ?? {}) as { fd?: unknown }
  try {
    return fd === 0 ? platform.files.statusNow('/dev/stdin') : undefined
  } catch {
    return undefined
  }
}

function checkRejectsFile(
  { checked, history: { file, found, past }, platform, options }: Run,
  paths: Iterable<string>,
): void {
  const { rejectsFile } = checked
  if (rejectsFile === undefined) return
  const isOwn = found.rejects?.files.some(({ path }) => path === rejectsFile) === true
  const isOfPast =
    past.processes > 0 && isOfRun(reasonsPath(rejectsFile), checked.runId, platform.files)
  // A rejects file that a killed process left does not matter: this process removes the file before the first row.
  const isLeftOver = isOfPast && past.rejectsFiles.includes(rejectsFile)
  // Only a run that continues must know all rejects in the file. A run that starts over reports no earlier rejects.
  const goesOn = found === past && !past.isAnew
  if (isOfPast && !isOwn && !isLeftOver && goesOn) {
    throw runDamaged(
      file!.path,
      `"${rejectsFile}" has rejects of this run that the journal lacks, so the journal was restored from an earlier time, as with a ` +
        'snapshot of a disk',
    )
  }
  // A run that follows a folder ignores its own rejects there.
  const isInput = !isOwn || options.input?.follow !== true
  const others = isInput ? withArchiveFiles(paths, platform.files) : []
  checkRejects(rejectsFile, others, platform, isOwn || isLeftOver)
}

/** @returns the inputs in the order of the journal; undefined without a journal */
async function takeUpJournal(
  run: Run,
  { paths, sizes }: Pick<NamedInputs, 'paths' | 'sizes'>,
): Promise<NamedInputs | undefined> {
  const { platform, options, checked, history, reporter } = run
  const opened = paths.includes('-')
    ? undefined
    : await openJournal(platform, options, checked, paths)
  if (opened === undefined) {
    reporter.notice('standard input and pipes cannot be read twice: this run keeps no journal')
    return undefined
  }
  const { places, notices, now } = opened
  history.goOn(opened)
  for (const notice of notices) reporter.notice(notice)
  const names = now.inputs.map(({ path }) => path)
  const present = names.map(name => places.get(name) ?? name)
  const sizeOf = new Map(Array.from(paths, (path, i) => [path, sizes[i]]))
  return { names, paths: present, sizes: present.map(path => sizeOf.get(path)) }
}

class SequentialInputs implements Inputs {
  readonly sources: SourceNotes
  readonly #inputs: NamedInputs
  readonly #run: Run
  readonly #summaries: InputSummary[] = []
  readonly reading: InputReading
  /** Inputs that were read, but whose last rows were not passed on yet. */
  readonly #readInputs: RecordOf<'input'>[] = []
  /** Lets small inputs share a batch; undefined for rows of a program, and for a check, which reports each input by itself. */
  readonly #shared: SharedRows | undefined
  #cuts: Cuts | undefined
  readonly #opener: InputOpener
  #doneBytes = 0
  #doneRecords = 0
  #totalBytes: number | undefined

  constructor(run: Run, inputs: NamedInputs, sources: SourceNotes) {
    const { platform, options, rows, watch } = run
    this.sources = sources
    this.#run = run
    this.#inputs = inputs
    this.#shared = watch === undefined && rows === undefined ? newSharedRows() : undefined
    this.reading = new InputReading(run)
    const isRead = (index: number): boolean => this.#readBefore(index) === undefined
    this.#opener =
      rows === undefined
        ? newInputOpener(platform, options, inputs, isRead)
        : newRowsOpener(run, rows)
  }

  batches(target: TargetDescription): AsyncGenerator<Batch, void, void> {
    return batchesAmong(this.#steps(target), placer(this.#run.history.resumption))
  }

  *#steps(target: TargetDescription): Generator<Step, void, void> {
    const run = this.#run
    const limit = run.options.input?.limit ?? Infinity
    this.#totalBytes = sumOf(this.#inputs.sizes)
    run.reporter.inputProgress(0, this.#totalBytes)
    this.#cuts = run.cutSizes && new Cuts(run.cutSizes)
    yield this.#lookAtHeaders(target)
    try {
      for (let index = 0; index < this.#inputs.paths.length; index++) {
        if (run.ending.stopped || this.#doneRecords >= limit) break
        run.reporter.inputBegun(index + 1, this.#inputs.paths.length)
        yield* this.#stepsOf(target, index)
      }
    } catch (error) {
      yield* this.#rest('broken')
      this.#tellRead()
      throw error
    }
    yield* this.#rest(run.ending.stopped ? 'broken' : 'end')
    this.#tellRead()
  }

  *#rest(endedBy: BatchEnding): Generator<Batch, void, void> {
    const rest = this.#shared?.take(endedBy)
    this.#cuts?.cut()
    if (rest !== undefined) yield rest
  }

  /** Records in the journal which inputs were read and passed on, so that no process reads these inputs again. */
  #tellRead(): void {
    const { ending, record } = this.#run
    if (ending.stopped || this.#readInputs.length === 0) return
    for (const input of this.#readInputs.splice(0)) record(input)
  }

  *#stepsOf(target: TargetDescription, index: number): Generator<Step, void, void> {
    const run = this.#run
    const done = this.#readBefore(index)
    if (done !== undefined) {
      this.#summaries.push(done)
      this.#doneRecords += done.rows
      this.#doneBytes += done.bytes
      return
    }
    const summary = newSummary(this.#inputs.names[index]!)
    this.#summaries.push(summary)
    try {
      // A pipe may deliver its first byte at any time, so earlier rows must not wait for it.
      if (this.#inputs.sizes[index] === undefined) {
        yield* this.#rest('idle')
        this.#tellRead()
      }
      let found = this.#opener.open(index, target, summary)
      const mustClose = found instanceof Promise
      if (found instanceof Promise) yield found.then(one => (found = one))
      const opened = this.#asRead(summary, index, found as FoundInput)
      yield* this.reading.steps(target, opened)
      this.#doneBytes += opened.reader.taken.bytesRead
      this.#doneRecords += summary.rows
      if (mustClose) yield opened.reader.close()
      // Only a process that resumes needs to know which inputs were read.
      if (run.ending.stopped || run.history.file === undefined) return
      this.#readInputs.push({ kind: 'input', input: index, summary, readAt: timeText(run) })
      if (this.#shared?.isEmpty !== false) this.#tellRead()
    } catch (error) {
      const failure = this.#doneRecords > 0 ? laterHeaderError(error) : error
      summary.firstError = failureOf(failure)
      throw failure
    }
  }

  /** Checks the headers in advance. Skips a single input, which is opened next, and a check, which reports all faults. */
  async #lookAtHeaders(target: TargetDescription): Promise<void> {
    const { platform, options, watch, history } = this.#run
    if (watch !== undefined) return
    const { paths, names } = this.#inputs
    checkInputTexts(options, target, names)
    const indexes = paths.length === 1 ? [] : [...paths.keys()].slice(0, maxCheckedHeaders)
    const open = indexes.filter(index => history.resumption.resumed(index) === undefined)
    const [ownPaths, ownNames] = [paths, names].map(texts => open.map(index => texts[index]!))
    await checkHeaders(platform.files, options, target, ownPaths!, ownNames)
  }

  /** The summary of an input that earlier processes have read and sent completely; undefined for any other input. */
  #readBefore(index: number): InputSummary | undefined {
    const { found, resumption } = this.#run.history
    const done = found.inputs[index]?.summary
    return resumption.resumed(index)?.isDone === true ? done : undefined
  }

  #asRead(summary: InputSummary, index: number, { source, reader }: FoundInput): OpenedInput {
    summary.compression = source.compression
    const run = this.#run
    const { rows, options } = run
    const { limit = Infinity } = options.input ?? {}
    return {
      source,
      reader,
      summary,
      number: () => index,
      shared: this.#shared,
      cuts: this.#cuts,
      maxRecords: limit - this.#doneRecords,
      flushes: rows !== undefined || this.#inputs.paths[index] === '-',
      feed: rows && ((mapping, cells) => rowFeed(run, rows, mapping, cells)),
      progress: () => {
        run.reporter.inputProgress(this.#doneBytes + reader.taken.bytesRead, this.#totalBytes)
      },
      afterBatch: () => this.#tellRead(),
    }
  }

  summaries(): readonly InputSummary[] {
    return this.#summaries
  }

  get areDone(): boolean {
    if (this.#run.history.file === undefined) return false
    for (let index = 0; index < this.#inputs.paths.length; index++) {
      if (this.#readBefore(index) === undefined) return false
    }
    return true
  }

  close(): Promise<void> {
    return this.#opener.close()
  }
}

/** Total size; undefined unless all inputs are ordinary files. */
function sumOf(sizes: readonly (number | undefined)[]): number | undefined {
  return sizes.reduce(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  )
}
