/* The inputs of a shard: the streams that the plan of the run gives to it, one after the other. A stream has ended once each of its rows
   has an outcome, its rejects are in their files, and the server has recorded that. A process that is killed before that leaves nothing to
   repair: the next one reads the stream from its start, and the ledger shows which of its batches were sent. */
import { DdbError, InputError, option, ServerError, usageError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { askIdentity } from '../evidence/sample-rows.js'
import type { NamedInputs } from '../inputs/open-input.js'
import { hasEnded, type InputReading } from '../inputs/input-reading.js'
import { recordGone } from '../journal/changed-run.js'
import { changedText, fingerprintOf, isSameContent } from '../journal/fingerprint.js'
import { differingOptions, journaledOptions } from '../journal/journal-record.js'
import type { RowCounts } from '../options.js'
import { noRows } from '../outcomes/run-state.js'
import { fixedSizes } from '../outcomes/turns.js'
import { checkRejects, isOfRun, pathOfStream, refuseOldRejects } from '../rejects/reject-path.js'
import type { Inputs, InputSummary, Run } from '../run.js'
import { addShared, askShared, askTaken } from '../transport/script.js'
import { beginShared, findShared, offsetsIn, type DoneStream, type Plan } from './shared-run.js'
import { bytesOf, inputsOf, partsOf, streamsOf, streamsOfShard } from './streams.js'
import type { ListedFile, Stream } from './streams.js'

/** Opens files as a stream. */
type OpenStream = (files: NamedInputs, reading: InputReading, stream: number) => Inputs

export class ShardInputs implements Inputs {
  readonly reading: InputReading
  /** Whether other processes have loaded all streams of the shard. */
  areDone = false
  readonly #run: Run
  readonly #open: OpenStream
  readonly #opened: Inputs[] = []
  readonly #paths: ReadonlySet<string>

  constructor(run: Run, reading: InputReading, open: OpenStream) {
    this.#run = run
    this.#paths = new Set(run.sources.paths)
    this.reading = reading
    this.#open = open
  }

  /** Finds the run on the server, with what others recorded, or begins it. @throws {UsageError} DDB_USAGE if it has other options */
  async join(): Promise<void> {
    const run = this.#run
    const { checked, history, options, reporter, state } = run
    const { confirmTimeoutMs: timeoutMs, runId } = checked
    const session = run.control!
    const asking = { session, timeoutMs }
    const shared =
      (await findShared(asking, runId)) ??
      (await beginShared(asking, history.name, await this.#plan()))
    const { streams, sizes, done } = shared
    const { index } = options.shard!
    const differing = differingOptions(shared.options, optionsOf(run))
    if (index > 0 && differing.length > 0) {
      const names = differing.map(option).join(', ')
      throw usageError(`run "${runId}" began with other options: ${names}`)
    }
    const own = index > 0 ? streamsOfShard(streams, options.shard!) : [...streams.keys()]
    const left = new Set(own.filter(stream => !done.has(stream + 1)))
    for (const stream of own) {
      // A name may be used again, with other files: those that were loaded are not these.
      if (index > 0 && !left.has(stream)) await this.#compareFiles(streams[stream]!)
      const { read, confirmed, filtered, rejected } = done.get(stream + 1)?.rows ?? noRows()
      state.rows.skipped += confirmed
      state.rows.filtered += filtered
      run.rejects.addElsewhere(read, rejected)
    }
    run.shared = { ...shared, left }
    run.checked = { ...checked, connections: shared.connections }
    history.name = { ...history.name, token: shared.token, isShared: true }
    const sampled = [...done.values()].flatMap(one => one.sampled)
    const taken = await askTaken(asking, shared.ledger.name)
    history.found.sums.confirmed = taken.rows
    const known = { sampled, isLearned: true, hasBatches: taken.claims > 0 }
    Object.assign(history.found, { ...known, target: shared.target, sizes })
    this.areDone = left.size === 0
    // A process that confirms no row itself must find those of the others.
    if (this.areDone && state.rows.skipped > 0) {
      history.found.finished = { isMarked: true, server: `${session.host}:${session.port}` }
    }
    const counts = `${own.length} of ${streams.length} streams, ${own.length - left.size} of them loaded before`
    reporter.notice(`this shard has ${counts}`)
    const [next] = left
    if (index > 0 || next === undefined) return
    throw new DdbError(
      'DDB_UNAVAILABLE',
      `run "${runId}" is not loaded yet: ${left.size} of ${streams.length} streams ${left.size === 1 ? 'is' : 'are'} left, the first of them with "${streams[next]![0]!.path}"; repeat the shards that did not end with 0`,
    )
  }

  async *batches(): AsyncGenerator<Batch, void, void> {
    const { checked, platform } = this.#run
    const { streams, left, token } = this.#run.shared!
    if (checked.rejectsFile !== undefined)
      await refuseOldRejects(checked.rejectsFile, checked.runId, String(token), platform.files)
    this.reading.totalBytes = bytesOf([...left].flatMap(stream => streams[stream]!))
    for (const stream of left) yield* this.#load(stream, streams[stream]!)
  }

  async *#load(number: number, stream: Stream): AsyncGenerator<Batch, void, void> {
    const run = this.#run
    if (hasEnded(run)) return
    const { platform, checked, state, rejects, history, shared } = run
    const { rejectsFile, runId, confirmTimeoutMs: timeoutMs } = checked
    const listed = inputsOf(stream, platform.files)
    await this.#compareFiles(stream)
    if (rejectsFile !== undefined) {
      const path = pathOfStream(rejectsFile, number + 1)
      const token = String(shared!.token)
      const isOwn = (): boolean => isOfRun(path, runId, platform.files, token)
      checkRejects(path, listed.paths, platform, isOwn)
      rejects.beginStream(path, token)
    }
    const before = { ...state.rows }
    this.reading.forget(shared!.offsets)
    const inputs = this.#open(listed, this.reading, number + 1)
    this.#opened.push(inputs)
    try {
      for await (const batch of inputs.batches()) {
        try {
          await this.#shareOffsets()
        } catch (error) {
          state.rows.unsent += batch.rowCount
          throw error
        }
        yield batch
      }
    } finally {
      await inputs.close()
    }
    const session = await run.delivery!.settled!()
    const rows = { ...state.rows }
    for (const name of Object.keys(rows) as (keyof RowCounts)[]) rows[name] -= before[name]
    if (hasEnded(run) || rows.unconfirmed + rows.unsent > 0) return
    // Others would not find the rows that a changed file had then.
    await this.#compareFiles(stream)
    const { sampled, isLearned } = history.now
    const by = String(history.name.processKey)
    const done: DoneStream = { rows, sampled: isLearned ? sampled : [], by }
    const asking = { session, timeoutMs }
    const { name: ledger } = shared!.ledger
    const endedBy = async (): Promise<string | undefined> => {
      const all = await askShared(asking, ledger, number + 1)
      return (all.get(number + 1) as DoneStream | undefined)?.by
    }
    try {
      // The user may have repaired the rejects of a process that was faster.
      if ((await endedBy()) === undefined) {
        rejects.endStream()
        await addShared(asking, ledger, number + 1, done)
        if ((await endedBy()) === by) return
      }
      rejects.dropStream()
    } catch (error) {
      throw error instanceof ServerError ? recordGone(runId) : error
    }
  }

  /** Before rows with times are sent, all processes must agree on the offset of these. @throws {DdbError} DDB_UNAVAILABLE */
  async #shareOffsets(): Promise<void> {
    const { checked, delivery, shared, target } = this.#run
    const { offsets: own } = this.reading
    const names = Object.keys(own)
    if (names.every(name => name in shared!.offsets)) return
    const asking = { session: await delivery!.settled!(), timeoutMs: checked.confirmTimeoutMs }
    const { name: ledger } = shared!.ledger
    for (const pair of Object.entries(own)) {
      const column = target.columns.findIndex(({ name }) => name === pair[0])
      await addShared(asking, ledger, -1 - column, pair)
    }
    const offsets = offsetsIn(await askShared(asking, ledger))
    this.#run.shared = { ...shared!, offsets }
    const other = names.find(name => offsets[name] !== own[name])
    if (other === undefined) return
    throw new DdbError(
      'DDB_UNAVAILABLE',
      `times of column "${other}" have the offset ${own[other]}, and ${offsets[other]} in other inputs: repeat the shard, which then rejects such rows, or convert them with ${option('cells.timeZone')}`,
    )
  }

  summaries(): readonly InputSummary[] {
    return this.#opened.flatMap(one => one.summaries())
  }

  async close(): Promise<void> {
    await this.#opened.at(-1)?.close()
    const { ending, checked, shared } = this.#run
    const listed = new Set(shared?.streams.flat().map(({ path }) => path))
    const [first, ...others] = [...this.#paths].filter(path => !listed.has(path))
    if (shared === undefined || first === undefined) return
    const which = `"${first}"${others.length === 0 ? '' : ` and ${others.length} more of the inputs`}`
    const late = `run "${checked.runId}" began without ${which}: load what it lacks under another ${option('runId')}`
    ending.fail(new DdbError('DDB_RUN_CHANGED', late))
  }

  async #plan(): Promise<Plan> {
    const run = this.#run
    const { keyed } = run.target
    const files: ListedFile[] = []
    for (const path of run.sources.paths) {
      const file = { path, fingerprint: await this.#fingerprint(path) }
      // Of the rows of a key, the last one of the file must stay.
      const { files: all } = run.platform
      const parts = keyed ? undefined : await partsOf(path, all, run.options)
      files.push(...(parts?.map(part => ({ ...file, part })) ?? [file]))
    }
    const { identity: target } = await askIdentity(run)
    const sizes = fixedSizes(run)
    const { connections } = run.checked
    return { options: optionsOf(run), sizes, connections, target, streams: streamsOf(files) }
  }

  /** @throws {UsageError} DDB_USAGE for a pipe @throws {InputError} DDB_INPUT_READ */
  async #fingerprint(path: string) {
    const found = await fingerprintOf(path, this.#run.platform.files)
    if (found !== undefined) return found
    const needs = `${option('shard')} needs ordinary files, which can be read twice`
    throw usageError(`${needs}: not "${path}"`)
  }

  /** Checks that files are as they were when the run began. Copies on other machines have other times. @throws {InputError} DDB_INPUT_* */
  async #compareFiles(stream: Stream): Promise<void> {
    for (const { path, fingerprint: was } of stream) {
      if (!this.#paths.has(path)) {
        const message = `"${path}" is part of the run, and not among the inputs`
        throw new InputError('DDB_INPUT_MISSING', message, { file: path })
      }
      const is = await this.#fingerprint(path)
      if (isSameContent(was, is)) continue
      const message = `run "${this.#run.checked.runId}" cannot continue: ${changedText(path, was, is)}`
      throw new InputError('DDB_INPUT_READ', message, { file: path })
    }
  }
}

/** The options in which all processes of the run agree. */
function optionsOf({ options, checked }: Run) {
  const { rejects: { file: _, ...rejects } = {}, ...others } = journaledOptions(options, checked)
  return { ...others, inputs: [], server: { host: '', port: 0 }, rejects }
}
