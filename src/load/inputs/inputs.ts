/* Opens the inputs of a run: finds them, checks that all exist, and continues the run's journal. Reads a list in its order. */
import { attempt, DdbError, option } from '../../errors.js'
import type { Batch, BatchEnding } from '../../parse/batch.js'
import { Cuts, newSharedRows, type SharedRows } from '../../parse/batch-builder.js'
import { sourceNotices } from '../../source/expand-sources.js'
import { loadZstd } from '../../source/open-source.js'
import { knownEncoding } from '../../source/encoding/encodings.js'
import { runChanged, runDamaged } from '../journal/changed-run.js'
import { changedText } from '../journal/fingerprint.js'
import type { RecordOf } from '../journal/journal-record.js'
import { journalPath, openJournal } from '../journal/journals.js'
import { checkRejects, isOfRun, pathHere, placeKey } from '../rejects/reject-path.js'
import { timeText, type Inputs, type InputSummary, type Run } from '../run.js'
import { ShardInputs } from '../shards/shard-inputs.js'
import { FollowedInputs, presentNow } from './followed-inputs.js'
import {
  checkHeaders,
  checkInputTexts,
  expandInputs,
  type FoundInput,
  InputOpener,
  laterHeaderError,
  type NamedInputs,
  openRecords,
} from './open-input.js'
import { failureOf, InputReading, newSummary } from './input-reading.js'
import { noBytes, rowsName } from './rows.js'

/**
 * Opens the inputs, and continues the run's journal if there is one. @throws {UsageError} DDB_USAGE @throws {InputError} DDB_INPUT_MISSING
 * @throws {DdbError} DDB_OUTPUT_CREATE for the rejects file; DDB_LOCKED, DDB_RUN_CHANGED, DDB_RUN_DAMAGED for the journal
 */
export async function openInputs(run: Run): Promise<Inputs> {
  const { platform, options, reporter } = run
  if (run.rows !== undefined) {
    checkRejectsFile(run, [])
    const rows = { names: [rowsName], paths: [rowsName], sizes: [undefined] }
    return new ListedInputs(run, rows, new InputReading(run))
  }
  const { encoding = 'auto', follow } = options.input ?? {}
  if (encoding !== 'auto') knownEncoding(encoding)
  if (follow === true) {
    if (options.journal !== undefined) await takeUpJournal(run, { paths: [], sizes: [] })
    const { files } = await presentNow(run)
    const paths = files.map(({ path }) => path)
    checkRejectsFile(run, paths)
    const inputs = new FollowedInputs(run)
    await inputs.resume()
    return inputs
  }
  // The file that the shell opened as standard input, if the run reads that.
  const { fd } = (options.input?.stdin ?? {}) as { fd?: unknown }
  const stdin = fd === 0 ? attempt(() => platform.files.statusNow('/dev/stdin')) : undefined
  const looking = { stdin, files: platform.files }
  const found =
    options.shard?.index === 0
      ? run.sources
      : await expandInputs(options.inputs, options.input ?? {}, looking)
  for (const notice of sourceNotices(found)) reporter.notice(notice)
  const journaled = options.journal && (await takeUpJournal(run, found))
  const reading = new InputReading(run)
  if (options.shard === undefined) checkRejectsFile(run, found.paths)
  run.sources = found
  // Its decoder starts while the run connects.
  if (found.paths.some(path => path.endsWith('.zst'))) (await loadZstd()).startDecoder()
  return options.shard === undefined
    ? new ListedInputs(run, journaled ?? { names: found.paths, ...found }, reading)
    : new ShardInputs(run, reading, (...stream) => new ListedInputs(run, ...stream))
}

function checkRejectsFile(
  { checked, history: { file, found, now }, platform }: Run,
  paths: readonly string[],
): void {
  const { rejectsFile } = checked
  if (rejectsFile === undefined) return
  const isHere = (path: string): boolean =>
    placeKey(pathHere(now.run, path), platform.files) === placeKey(rejectsFile, platform.files)
  const isOwn = found.rejects?.files.some(({ path }) => isHere(path)) === true
  const isOf = (token?: string): boolean =>
    isOfRun(rejectsFile, checked.runId, platform.files, token)
  // A rejects file that a killed process left does not matter: this process removes the file before the first row.
  const isLeftOver = now.rejectsFiles.some(isHere) && isOf()
  if (now.run !== undefined && !isOwn && !isLeftOver && isOf(now.run.token)) {
    throw runDamaged(
      file!.path,
      `"${rejectsFile}" has rejects of this run that the journal lacks, so the journal was restored from an earlier time, as with a ` +
        'snapshot of a disk',
    )
  }
  checkRejects(rejectsFile, paths, platform, () => isOwn || isLeftOver)
}

/** @returns the inputs in the order of the journal; undefined without a journal */
async function takeUpJournal(run: Run, { paths, sizes }: Pick<NamedInputs, 'paths' | 'sizes'>) {
  const { platform, options, checked, history, reporter } = run
  const opened = await openJournal(run, paths, (past, error) => {
    const { rejected } = past.rows()
    run.rejects.addElsewhere(rejected, rejected)
    history.countEarlier(past)
    return error
  })
  if (opened === undefined) {
    const path = journalPath(options.journal!.folder, checked.runId)
    if (platform.files.statusNow(path) !== undefined) {
      throw new DdbError(
        'DDB_RUN_CHANGED',
        `run "${checked.runId}" has a journal, with which an input that can be read only once cannot go on: load the files with which it began ` +
          `(/dev/stdin < FILE is one), or choose another ${option('runId')}`,
      )
    }
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

/** The inputs of a list, one after the other. */
export class ListedInputs implements Inputs {
  readonly reading: InputReading
  readonly areDone: boolean
  readonly #run: Run
  readonly #inputs: NamedInputs
  readonly #summaries: InputSummary[] = []
  readonly #opener: InputOpener
  /** Lets small inputs share a batch; undefined for rows of a program, and for a check, which reports each input by itself. */
  readonly #shared: SharedRows | undefined
  readonly #place: (batch: Batch) => Batch
  #cuts: Cuts | undefined
  /** Inputs that were read, but whose last rows were not passed on yet. */
  readonly #readInputs: RecordOf<'input'>[] = []

  constructor(run: Run, inputs: NamedInputs, reading: InputReading, stream = 1) {
    const { rows, watch, history } = run
    this.reading = reading
    this.#run = run
    this.#inputs = inputs
    this.#place = history.resumption.placer(stream)
    this.#shared = watch?.opened === undefined && rows === undefined ? newSharedRows() : undefined
    this.#opener = new InputOpener(run, inputs)
    this.areDone = inputs.paths.every((_, i) => history.resumption.resumed(i)?.done)
  }

  async *batches(): AsyncGenerator<Batch, void, void> {
    const run = this.#run
    this.#cuts = run.cutSizes && new Cuts(run.cutSizes)
    const limit = run.options.input?.limit ?? Infinity
    const totalBytes = this.#inputs.sizes.reduce<number>((sum, size = NaN) => sum + size, 0)
    this.reading.totalBytes ??= Number.isNaN(totalBytes) ? undefined : totalBytes
    this.reading.count(0, 0)
    // A check reports all faults.
    if (run.watch === undefined) {
      checkInputTexts(run, this.#inputs.names)
      // A single input is opened next.
      if (this.#inputs.paths.length > 1) await checkHeaders(run, this.#inputs)
    }
    try {
      for (const index of this.#inputs.paths.keys()) {
        if (run.ending.stopped || this.reading.records >= limit) break
        run.reporter.reading({ input: { number: index + 1, count: this.#inputs.paths.length } })
        yield* this.#batchesOf(index)
      }
    } catch (error) {
      yield* this.#rest('broken')
      throw error
    }
    yield* this.#rest(run.ending.stopped ? 'broken' : 'end')
  }

  /** Passes on the rows that wait, after which all inputs so far are read. */
  *#rest(endedBy: BatchEnding): Generator<Batch, void, void> {
    const rest = this.#shared?.take(endedBy)
    this.#cuts?.cut()
    if (rest !== undefined) yield this.#place(rest)
    this.#tellRead()
  }

  /** Records in the journal which inputs were read and passed on, so that no process reads these inputs again. */
  #tellRead(): void {
    const { ending, record } = this.#run
    if (ending.stopped) return
    for (const input of this.#readInputs.splice(0)) record(input)
  }

  async *#batchesOf(index: number): AsyncGenerator<Batch, void, void> {
    const run = this.#run
    const { reading } = this
    const done = run.history.resumption.resumed(index)?.done
    if (done !== undefined) {
      this.#summaries.push(done)
      reading.count(done.rows, done.bytes)
      return
    }
    const summary = newSummary(this.#inputs.names[index]!)
    this.#summaries.push(summary)
    const recordsBefore = reading.records
    try {
      // A pipe may deliver its first byte at any time, so earlier rows must not wait for it.
      if (this.#inputs.sizes[index] === undefined) yield* this.#rest('idle')
      const { rows, platform } = run
      const found: FoundInput = rows ? { source: noBytes } : await this.#opener.open(index)
      const { source, reader: alike } = found
      summary.compression = source.compression
      this.#noteChange(index)
      const ofFiles = { lastLook: this.#opener.look, clock: platform.clock }
      const known = rows ? ({ format: 'ndjson' } as const) : ofFiles
      const reader = alike ?? (await openRecords(run, source, known))
      rows?.begin(run.delivery?.used !== 'none')
      const stream = { cuts: this.#cuts, shared: this.#shared }
      const opened = { source, reader, summary, number: index, ...stream }
      for await (const batch of reading.batches(opened)) {
        yield this.#place(batch)
        this.#tellRead()
      }
      await reader.close()
      // Only a process that resumes needs to know which inputs were read.
      if (run.ending.stopped || run.history.file === undefined) return
      this.#readInputs.push({ kind: 'input', input: index, summary, readAt: timeText(run) })
      if (this.#shared?.isEmpty !== false) this.#tellRead()
    } catch (error) {
      const failure = recordsBefore > 0 ? laterHeaderError(error) : error
      // A run that ends closes its pipes.
      if (!run.ending.stopped) summary.firstError = failureOf(failure)
      throw failure
    }
  }

  /** Records a file that was replaced since the run began. Otherwise a later process would go on in the file that is in the journal. */
  #noteChange(index: number): void {
    const { history, record, reporter } = this.#run
    const is = this.#opener.changes.get(index)
    if (is === undefined) return
    const { path, fingerprint: was } = history.now.inputs[index]!
    if (history.resumption.resumed(index) !== undefined) {
      throw runChanged(history.found, changedText(path, was, is))
    }
    reporter.notice(`"${path}" was changed or replaced since the run began: it is loaded as it is`)
    record({ kind: 'input', input: index, fingerprint: is })
  }

  summaries(): readonly InputSummary[] {
    return this.#summaries
  }

  async close(): Promise<void> {
    this.#run.rows?.end()
    await this.#opener.close()
  }
}
