/*
  The inputs of a run that follows files. Reads all present files concurrently, each as it grows, and looks for new files until the run
  is stopped.
*/
import { setMaxListeners } from 'node:events'
import { resolve } from 'node:path'
import { type UsageError, usageError } from '../../../errors.js'
import { dataExtensions } from '../../../parse/formats.js'
import type { Batch } from '../../../parse/batch.js'
import { fileKey } from '../../../platform/file-name.js'
import type { InputFile } from '../../../platform/platform.js'
import { newPassedOver } from '../../../source/data-files.js'
import { sourceNotices } from '../../../source/expand-sources.js'
import {
  presentFiles,
  type PresentFile,
  type PresentFiles,
} from '../../../source/follow/present-files.js'
import { newTurns } from '../../../source/follow/followed-chunks.js'
import { failureOf, InputReading, type Inputs, type InputSummary } from '../input-reading.js'
import { reasonsPath } from '../../rejects/reject-path.js'
import type { SourceNotes } from '../../options.js'
import type { Run } from '../../run.js'
import { noSourceNotes } from '../expand-inputs.js'
import type { TargetDescription } from '../../target/describe-target.js'
import {
  batchesOf,
  isTruncated,
  newFollowedFile,
  type FollowedFile,
  type Following,
} from './followed-file.js'
import { newFinishedFiles, resumedFiles, type FinishedFiles } from './known-files.js'

/** Time between two looks for new files and names: listing folders costs more than checking an open file. */
const scanEveryMs = 1_000

/** Limit of open files: each needs a descriptor, and some megabytes of buffers for its lines and for a batch. */
const maxFiles = 256

/** @throws {DdbError} DDB_RUN_CHANGED if a file that an earlier process followed is gone */
export async function openFollowed(run: Run): Promise<Inputs> {
  const read = newFinishedFiles()
  const open = await resumedFiles(run.history, run.platform.files, read)
  return new FollowedInputs(run, open, read)
}

/** The files that the run's inputs match at this moment. @throws {UsageError} as `presentFiles` */
export function presentNow({ platform, options }: Run): Promise<PresentFiles> {
  const names = { extensions: dataExtensions, include: options.input?.include }
  return presentFiles(options.inputs, platform.files, names)
}

interface ReadyBatch {
  readonly batch: Batch
  /** Call this when the batch was passed on, and its file may be read further. */
  readonly passed: () => void
}

class FollowedInputs implements Inputs {
  readonly areDone = false
  sources: SourceNotes = noSourceNotes()
  readonly reading: InputReading
  readonly #run: Run
  readonly #open: FollowedFile[]
  readonly #read: FinishedFiles
  readonly #ended = new AbortController()
  /** In the order in which they came, at most one of each file. */
  readonly #ready: ReadyBatch[] = []
  #wake = (): void => undefined
  #hasBegun = false

  constructor(run: Run, open: FollowedFile[], read: FinishedFiles) {
    this.reading = new InputReading(run)
    this.#run = run
    this.#open = open
    this.#read = read
    // Every file adds a listener, and Node would warn about so many.
    setMaxListeners(0, this.#ended.signal)
  }

  async *batches(target: TargetDescription): AsyncGenerator<Batch, void, void> {
    const run = this.#run
    const { clock } = run.platform
    const following: Following = {
      run,
      target,
      reading: this.reading,
      turns: newTurns(),
      ended: this.#ended.signal,
      onProgress: () => {
        const open = this.#open.reduce((sum, { summary }) => sum + summary.bytes, 0)
        run.reporter.inputProgress(this.#read.bytes + open, undefined)
      },
    }
    this.#hasBegun = true
    for (const file of this.#open) void this.#follow(file, following)
    let isDue = true
    let scan = clock.after(scanEveryMs, () => undefined)
    try {
      for (;;) {
        if (run.ending.stopped) this.#ended.abort()
        const isEnded = this.#ended.signal.aborted
        if (isEnded && this.#open.length === 0) return
        if (isDue && !isEnded) {
          isDue = false
          await this.#lookAround(following)
          scan.cancel()
          scan = clock.after(scanEveryMs, () => {
            isDue = true
            this.#wake()
          })
          continue
        }
        const next = this.#ready.shift()
        if (next === undefined) await new Promise<void>(resolve => (this.#wake = resolve))
        else {
          yield next.batch
          next.passed()
        }
      }
    } finally {
      scan.cancel()
      this.#ended.abort()
    }
  }

  /** Reads a file until it ends. */
  async #follow(followed: FollowedFile, following: Following): Promise<void> {
    try {
      for await (const batch of batchesOf(followed, following)) {
        await new Promise<void>(passed => {
          this.#ready.push({ batch, passed })
          this.#wake()
        })
      }
      this.#end(followed)
    } catch (error) {
      this.#end(followed, error)
    }
    this.#wake()
  }

  /** @param error  why reading stopped before the end */
  #end(followed: FollowedFile, error?: unknown): void {
    const { path, summary, leftBytes } = followed
    if (error !== undefined && (isTruncated(error) || !this.#run.ending.stopped)) {
      summary.firstError = failureOf(error)
      this.#run.ending.fail(error)
    }
    if (this.#run.ending.stopped && leftBytes > 0) {
      this.#run.reporter.notice(
        `${path}: ${leftBytes} bytes at its end are not loaded: they are an incomplete line, or the run stopped before reading them`,
      )
    }
    this.#open.splice(this.#open.indexOf(followed), 1)
    this.#read.add(summary, followed.fingerprint)
  }

  /** Looks for new files. Ends the run if its delivery has failed. */
  async #lookAround(following: Following): Promise<void> {
    const run = this.#run
    const { reporter } = run
    try {
      const failure = run.delivery?.failure
      if (failure !== undefined) throw failure
      run.commit()
      const { files, missing, unread, passedOver, sameFiles } = await presentNow(run)
      // Files that are passed over come and go: only further kinds are news.
      const known = this.sources.passedOver.byKind
      const isNew = Object.keys(passedOver.byKind).some(kind => !Object.hasOwn(known, kind))
      this.sources = { passedOver, sameFiles }
      const news = { sameFiles, passedOver: isNew ? passedOver : newPassedOver() }
      for (const notice of sourceNotices(news)) reporter.noticeOnce(notice)
      for (const input of missing) {
        reporter.noticeOnce(`waiting for "${input}": there is no file yet`)
      }
      for (const folder of unread) {
        reporter.noticeOnce(`waiting for "${folder}": it cannot be read yet`)
      }
      for (const present of files) {
        const file = await this.#openIfNew(present)
        if (file === undefined) continue
        const followed = await newFollowedFile(present.path, file)
        this.#open.push(followed)
        void this.#follow(followed, following)
      }
    } catch (error) {
      run.ending.fail(error)
    }
  }

  async #openIfNew({ path, status }: PresentFile): Promise<InputFile | undefined> {
    const { platform, reporter } = this.#run
    const key = fileKey(path, status)
    // A new file under the name of an open file waits until the open file has been read to its end.
    const isOther = this.#open.every(
      one => one.key !== key && (one.path !== path || one.isReplaced),
    )
    if (!isOther || this.#isOwn(path)) return undefined
    let file: InputFile | undefined
    try {
      file = await platform.files.open(path)
      const opened = await file.status()
      const known = fileKey(path, opened) === key ? await this.#read.find(file, opened) : 'moved'
      if (known === 'grown' || known === 'touched') reporter.noticeOnce(`${path} ${late[known]}`)
      if (known === undefined && this.#open.length < maxFiles) return file
      if (known === undefined) this.#run.ending.fail(tooMany())
    } catch (error) {
      const { message } = error as Error
      reporter.noticeOnce(`${path} cannot be read yet, and will be tried again: ${message}`)
    }
    await file?.close()
    return undefined
  }

  /** The run's own rejects are not an input, wherever they are. */
  #isOwn(path: string): boolean {
    const { rejects, checked } = this.#run
    if (checked.rejectsFile === undefined) return false
    const own = [checked.rejectsFile, ...rejects.result().files.map(file => file.path)]
    return own.some(one => [one, reasonsPath(one)].some(name => resolve(name) === resolve(path)))
  }

  summaries(): InputSummary[] {
    return this.#read.withOpen(this.#open.map(({ summary }) => summary))
  }

  /** Ends reading. Closes files only if reading has not begun; otherwise each closes after its rows are handed over. */
  async close(): Promise<void> {
    this.#ended.abort()
    this.#wake()
    if (this.#hasBegun) return
    for (const { file } of this.#open) await file.close()
  }
}

/** What is wrong with a file that was read to its end. */
const late = {
  grown:
    'is still growing long after it was renamed: what was written since is not loaded. The writer should open its new file sooner',
  touched:
    'is not loaded: it has the inode number and the content of a file that was read, but was written later. If its rows are new, load it by itself',
}

function tooMany(): UsageError {
  return usageError(
    `more than ${maxFiles} files would be followed at once: move away those that are done, or divide them among several runs`,
  )
}
