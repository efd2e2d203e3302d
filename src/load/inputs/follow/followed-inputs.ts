/*
  The inputs of a run that follows files. Reads all present files concurrently, each as it grows, and looks for new files until the run
  is stopped.
*/
import { setMaxListeners } from 'node:events'
import { resolve } from 'node:path'
import { UsageError, usageError } from '../../../errors.js'
import { dataExtensions } from '../../../parse/formats.js'
import type { Batch } from '../../../parse/batch.js'
import { fileKey } from '../../../platform/file-name.js'
import type { Files, InputFile } from '../../../platform/platform.js'
import { newPassedOver } from '../../../source/data-files.js'
import { sourceNotices } from '../../../source/expand-sources.js'
import {
  presentFiles,
  type PresentFile,
  type PresentFiles,
} from '../../../source/follow/present-files.js'
import { newTurns } from '../../../source/follow/followed-chunks.js'
import { failureOf, InputReading, type Inputs, type InputSummary } from '../input-reading.js'
import { isSameGrown } from '../../journal/fingerprint.js'
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
import { newMerge } from './merge.js'

/** Time between two looks for new files and names: listing folders costs more than checking an open file. */
const scanEveryMs = 1_000

/** Limit of open files: each needs a descriptor, and some megabytes of buffers for its lines and for a batch. */
const maxFiles = 256

const nothing = newPassedOver()

/** @throws {DdbError} DDB_RUN_CHANGED if a file that an earlier process followed is gone */
export async function openFollowed(run: Run): Promise<Inputs> {
  const { platform, options, checked } = run
  const { found } = run.history
  const inputs = new FollowedInputs(new InputReading(platform, options, checked, found), run)
  const { open, done } = await resumedFiles(run.history, platform.files)
  for (const { input, fingerprint } of done) inputs.read.add(input.summary!, fingerprint)
  for (const { path, file, ...known } of open) {
    inputs.open.push(newFollowedFile(path, fileKey(path, await file.status()), file, known))
  }
  return inputs
}

class FollowedInputs implements Inputs {
  readonly areDone = false
  sources: SourceNotes = noSourceNotes()
  readonly open: FollowedFile[] = []
  readonly read: FinishedFiles = newFinishedFiles()
  readonly reading: InputReading
  readonly #run: Run
  readonly #ended = new AbortController()
  readonly #merge = newMerge<FollowedFile, Batch>()
  #hasBegun = false
  #newRecords = 0

  constructor(reading: InputReading, run: Run) {
    this.reading = reading
    this.#run = run
    // Every file adds a listener, and Node would warn about so many.
    setMaxListeners(0, this.#ended.signal)
  }

  async *batches(run: Run, target: TargetDescription): AsyncGenerator<Batch, void, void> {
    const { clock } = run.platform
    const readBefore = run.state.rows.read
    const following: Following = {
      run,
      target,
      reading: this.reading,
      turns: newTurns(),
      ended: this.#ended.signal,
      onProgress: more => {
        this.#newRecords += more
        run.state.rows.read = Math.max(run.state.readBefore, readBefore + this.#newRecords)
        const open = this.open.reduce((sum, { summary }) => sum + summary.bytes, 0)
        run.reporter.inputProgress(this.read.bytes + open, undefined)
      },
    }
    this.#hasBegun = true
    for (const file of this.open) this.#merge.add(file, batchesOf(file, following))
    let isDue = true
    let scan = clock.after(scanEveryMs, () => undefined)
    const merge = this.#merge
    const wake = (): void => merge.wake()
    this.#ended.signal.addEventListener('abort', wake)
    try {
      for (;;) {
        if (run.ending.stopped) this.#ended.abort()
        if (this.#ended.signal.aborted && merge.size === 0) return
        if (isDue && !this.#ended.signal.aborted) {
          isDue = false
          await this.#lookAround(following)
          scan.cancel()
          scan = clock.after(scanEveryMs, () => {
            isDue = true
            merge.wake()
          })
        }
        const next = await merge.next()
        if (next === undefined) continue
        if (next.kind === 'value') yield next.value
        else this.#end(next.from, next.kind === 'failed' ? next.error : undefined)
      }
    } finally {
      scan.cancel()
      this.#ended.signal.removeEventListener('abort', wake)
      this.#ended.abort()
    }
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
    this.open.splice(this.open.indexOf(followed), 1)
    this.read.add(summary, followed.fingerprint)
  }

  /** Looks for new files and for files that lost their name. Ends the run if its delivery has failed. */
  async #lookAround(following: Following): Promise<void> {
    const { run } = following
    const { platform, options } = run
    try {
      const failure = run.delivery?.failure
      if (failure !== undefined) throw failure
      run.commit()
      for (const followed of this.open) await this.#lookAtName(followed)
      const { include } = options.input ?? {}
      const present = await presentFiles(options.inputs, platform.files, {
        extensions: dataExtensions,
        include,
      })
      const { files, missing, unread } = present
      this.#tellSources(present)
      for (const input of missing)
        this.#run.reporter.noticeOnce(`waiting for "${input}": there is no file yet`)
      for (const folder of unread)
        this.#run.reporter.noticeOnce(`waiting for "${folder}": it cannot be read yet`)
      for (const present of files) {
        const file = await this.#openIfNew(present)
        if (file === undefined) continue
        const { path, status } = present
        const followed = newFollowedFile(path, fileKey(path, status), file)
        this.open.push(followed)
        this.#merge.add(followed, batchesOf(followed, following))
      }
    } catch (error) {
      run.ending.fail(error)
    }
  }

  /** Reports notices about the sources: skipped files only once per kind, because such files come and go. */
  #tellSources(present: PresentFiles): void {
    const { byKind } = this.sources.passedOver
    const isNew = Object.keys(present.passedOver.byKind).some(kind => !Object.hasOwn(byKind, kind))
    const { passedOver, sameFiles } = present
    this.sources = { passedOver, sameFiles }
    for (const notice of sourceNotices(isNew ? present : { ...present, passedOver: nothing })) {
      this.#run.reporter.noticeOnce(notice)
    }
  }

  async #lookAtName(followed: FollowedFile): Promise<void> {
    try {
      const { files } = this.#run.platform
      const status = await files.status(followed.path)
      followed.hasLostName =
        fileKey(followed.path, status) !== followed.key ||
        (status.inode === 0n && (await isOther(followed, files)))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Other errors prove nothing: the folder may be unreadable for a while although the file is still in it.
      if (code === 'ENOENT') followed.hasLostName = true
    }
    if (!followed.hasLostName) followed.isReadSince = false
  }

  async #openIfNew({ path, status }: PresentFile): Promise<InputFile | undefined> {
    const { files } = this.#run.platform
    const key = fileKey(path, status)
    // A new file under the name of an open file waits until the open file has been read to its end.
    const isOther = this.open.every(
      one => one.key !== key && (one.path !== path || one.isReadSince),
    )
    if (!isOther || this.#isOwn(path)) return undefined
    let file: InputFile | undefined
    try {
      file = await files.open(path)
      const opened = await file.status()
      const known = fileKey(path, opened) === key ? await this.read.find(file, opened) : 'moved'
      if (known === 'grown') {
        this.#run.reporter.noticeOnce(
          `${path} is still growing ${readLate}: what was written since is not loaded. The writer should open its new file sooner`,
        )
      } else if (known === 'touched') {
        this.#run.reporter.noticeOnce(
          `${path} is not loaded: it has the inode number and the content of a file that was read, but was written later. If its rows are new, load it by itself`,
        )
      }
      if (known === undefined) {
        if (this.open.length >= maxFiles) throw tooMany()
        return file
      }
    } catch (error) {
      if (error instanceof UsageError) {
        await file?.close()
        throw error
      }
      const { message } = error as Error
      this.#run.reporter.noticeOnce(
        `${path} cannot be read yet, and will be tried again: ${message}`,
      )
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
    return this.read.withOpen(this.open.map(({ summary }) => summary))
  }

  /** Ends reading. Closes files only if reading has not begun; otherwise each closes after its rows are handed over. */
  async close(): Promise<void> {
    this.#ended.abort()
    if (this.#hasBegun) return
    for (const { file } of this.open) await file.close()
  }
}

const readLate = 'long after it was renamed'

/** Whether the name now leads to a different file than the one being read; for systems without inode numbers. */
async function isOther({ path, fingerprint }: FollowedFile, files: Files): Promise<boolean> {
  if (fingerprint === undefined) return false
  const named = await files.open(path)
  try {
    return !(await isSameGrown(fingerprint, named))
  } finally {
    await named.close()
  }
}

function tooMany(): UsageError {
  return usageError(
    `more than ${maxFiles} files would be followed at once: move away those that are done, or divide them among several runs`,
  )
}
