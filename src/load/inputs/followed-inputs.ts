/* The inputs of a run that follows files. Reads all present files concurrently, each as it grows, and looks for new files until the run is
   stopped. A rotated file has a new name, usually in the same folder, so content and inode identify a file. */
import { setMaxListeners } from 'node:events'
import { dirname, join } from 'node:path'
import { DdbError, InputError, option, usageError } from '../../errors.js'
import { dataExtensions, type InputFormat } from '../../parse/formats.js'
import type { Batch } from '../../parse/batch.js'
import { Cuts } from '../../parse/batch-builder.js'
import { fileKey } from '../../platform/file-name.js'
import type { DatedFileStatus, Files, FolderEntry, InputFile } from '../../platform/platform.js'
import { newPassedOver } from '../../source/data-files.js'
import { sourceNotices } from '../../source/expand-sources.js'
import { FollowedFile, newTurns, type Following } from '../../source/follow/followed-file.js'
import {
  presentFiles,
  type PresentFile,
  type PresentFiles,
} from '../../source/follow/present-files.js'
import { openGrowing } from '../../source/open-source.js'
import { runChanged } from '../journal/changed-run.js'
import {
  beginsAs,
  fingerprintText,
  followedFingerprint,
  isSameGrown,
} from '../journal/fingerprint.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import { streamOfFollowed } from '../journal/run-history.js'
import { pathHere, pathThere } from '../rejects/reject-path.js'
import type { Detected } from '../options.js'
import { timeText, type Inputs, type InputSummary, type Run } from '../run.js'
import { openRecords } from './open-input.js'
import { readAsFound } from './detected.js'
import { accountedBytes, failureOf, hasEnded, InputReading, newSummary } from './input-reading.js'

/** Time between two looks for new files and names: listing folders costs more than checking an open file. */
const scanEveryMs = 1_000

/** Limit of open files: each needs a descriptor, and some megabytes of buffers for its lines and for a batch. */
const maxFiles = 256

/** Files that are alike up to here need not be copies: they may have a long header. */
const copiedBytes = 16_384

/** The files that the run's inputs match at this moment. @throws {UsageError} as `presentFiles` */
export async function presentNow({ platform: { files }, options }: Run): Promise<PresentFiles> {
  const names = { extensions: dataExtensions, include: options.input?.include }
  return presentFiles(options.inputs, files, names)
}

interface OpenFile {
  readonly file: FollowedFile
  readonly summary: InputSummary
  /** The file's number in the journal; undefined for a file that no process has read before. */
  readonly number: number | undefined
}

export class FollowedInputs implements Inputs {
  readonly areDone = false
  readonly reading: InputReading
  readonly #run: Run
  readonly #open: OpenFile[] = []
  /** Of the files that are not open any more. */
  readonly #closed: InputSummary[] = []
  /** For files that were read before: key → state when they were last compared. */
  readonly #compared = new Map<string, string>()
  readonly #ended = new AbortController()
  readonly #following: Following
  /** In the order in which they came, at most one of each file, which `passed` lets be read further. */
  readonly #ready: { readonly batch: Batch; readonly passed: () => void }[] = []
  #wake = (): void => undefined
  #hasBegun = false

  constructor(run: Run) {
    const { files, clock } = run.platform
    this.reading = new InputReading(run)
    this.#run = run
    this.#following = { files, clock, turns: newTurns(), ended: this.#ended.signal }
    // Every file adds a listener, and Node would warn about so many.
    setMaxListeners(0, this.#ended.signal)
  }

  /** Opens the files that earlier processes of the run have begun to read. @throws {DdbError} DDB_RUN_CHANGED if one of them is gone */
  async resume(): Promise<void> {
    const { history, platform } = this.#run
    const { found, resumption } = history
    try {
      for (const [number, { summary }] of found.inputs.entries()) {
        const { done } = resumption.resumed(number) ?? { done: summary }
        if (done !== undefined) {
          this.#closed.push(done)
          this.reading.count(done.rows, done.bytes)
        } else this.#add(await reopened(found, number, platform.files), number)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  #add(file: FollowedFile, number?: number): OpenFile {
    const one = { file, summary: newSummary(file.path), number }
    this.#open.push(one)
    return one
  }

  async *batches(): AsyncGenerator<Batch, void, void> {
    const { ending, platform } = this.#run
    const { clock } = platform
    const { signal } = this.#ended
    let scanMs = clock.nowMs()
    this.#hasBegun = true
    for (const one of this.#open) void this.#follow(one)
    try {
      for (;;) {
        if (ending.stopped) this.#ended.abort()
        if (signal.aborted && this.#open.length === 0) return
        const leftMs = signal.aborted ? scanEveryMs : scanMs - clock.nowMs()
        if (leftMs <= 0) {
          await this.#lookAround().catch((error: unknown) => ending.fail(error))
          scanMs = clock.nowMs() + scanEveryMs
          continue
        }
        const next = this.#ready.shift()
        if (next === undefined) {
          const timer = clock.after(leftMs, () => this.#wake())
          await new Promise<void>(resolve => (this.#wake = resolve))
          timer.cancel()
        } else {
          yield next.batch
          next.passed()
        }
      }
    } finally {
      this.#ended.abort()
      // After the signal to leave, nobody takes the rows that wait. Not awaited: the failure that ends the run is the error to report.
      for (const { file } of this.#open) void file.close().catch(() => undefined)
    }
  }

  /** Passes on the rows of a file, until it has lost its name and nothing more comes, or until the run ends. */
  async #follow(one: OpenFile): Promise<void> {
    const run = this.#run
    const { ending, history, options, platform } = run
    const { file, summary, number } = one
    const { path } = file
    const chunks = file.chunks(this.#following)
    let leftBytes = 0
    try {
      const encoding = options.input?.encoding ?? 'auto'
      const source = await openGrowing(path, chunks, encoding, () => file.close())
      try {
        summary.compression = source.compression
        const before = number === undefined ? undefined : history.found.inputs[number]
        // What an earlier process detected in a file's first lines applies to all later lines.
        const { format, detected } = JSON.parse(before?.detected ?? '{}') as {
          format?: InputFormat
          detected?: Detected
        }
        const found = detected && readAsFound({ ...detected, ...(format && { format }) })
        const reading = { ...found, clock: platform.clock }
        const reader = await openRecords(run, source, reading)
        if (reader.format === 'json') throw usageError(isDocument(path))
        const input = number ?? history.now.inputs.length
        if (number === undefined) {
          const fingerprint = followedFingerprint(file.read)
          const named = pathThere(history.now.run, path)
          run.record({ kind: 'input', input, path: named, fingerprint })
        }
        const cuts = run.cutSizes && new Cuts(run.cutSizes)
        const place = history.resumption.placer(streamOfFollowed(input))
        const opened = { source, reader, summary, number: input, cuts, detected }
        for await (const batch of this.reading.batches(opened)) {
          place(batch)
          this.#note(file, input, 2)
          await new Promise<void>(passed => {
            this.#ready.push({ batch, passed })
            this.#wake()
          })
        }
        // Determined before the check, because a signal that arrives during the check must not change the outcome.
        const isWhole = !ending.stopped
        await file.checkRead()
        this.#note(file, input, 1)
        if (isWhole) {
          run.record({ kind: 'input', input, summary, readAt: timeText(run) })
          run.commit()
        }
      } catch (error) {
        // If unread data is gone, the loss is the error to report, whatever ended the reading.
        const loss = await file.checkRead().catch((found: unknown) => found)
        throw isTruncated(loss) ? loss : error
      } finally {
        // Such as an incomplete last line.
        leftBytes = source.contentBytesRead - accountedBytes(summary)
        await file.close()
      }
    } catch (error) {
      if (isTruncated(error) || !ending.stopped) {
        summary.firstError = failureOf(error)
        ending.fail(error)
      }
    } finally {
      // Not awaited, because a look for more bytes may be under way. Ends the turn of this file.
      void chunks.return()
    }
    if (ending.stopped && leftBytes > 0) run.reporter.notice(notLoaded(path, leftBytes))
    this.#open.splice(this.#open.indexOf(one), 1)
    this.#closed.push(summary)
    this.#wake()
  }

  /** Records what was read, which tells the file from later ones with its inode number, if that has grown by the factor `growth`. */
  #note({ read }: FollowedFile, input: number, growth: number): void {
    const { record, history } = this.#run
    if (read.sizeBytes < growth * history.now.inputs[input]!.fingerprint.sizeBytes) return
    record({ kind: 'input', input, fingerprint: followedFingerprint(read) })
  }

  /** Looks for new files. Ends the run if its delivery has failed. */
  async #lookAround(): Promise<void> {
    if (hasEnded(this.#run)) return
    this.#run.commit()
    const { files, missing, unread, passedOver, sameFiles } = await presentNow(this.#run)
    // Files that are passed over come and go: only further kinds are news.
    const known = this.#run.sources.passedOver.byKind
    const isNew = Object.keys(passedOver.byKind).some(kind => !Object.hasOwn(known, kind))
    Object.assign(this.#run.sources, { passedOver, sameFiles })
    const waiting = [
      ...missing.map(input => `waiting for "${input}": there is no file yet`),
      ...unread.map(folder => `waiting for "${folder}": it cannot be read yet`),
    ]
    const news = { sameFiles, passedOver: isNew ? passedOver : newPassedOver() }
    const { noticeOnce } = this.#run.reporter
    for (const notice of [...sourceNotices(news), ...waiting]) noticeOnce(notice)
    for (const present of files) {
      const file = hasEnded(this.#run) ? undefined : await this.#openIfNew(present)
      // Files whose reading a signal has ended meanwhile would seem to be new, and the next process would read them twice.
      if (hasEnded(this.#run)) await file?.close()
      else if (file !== undefined) void this.#follow(this.#add(file))
    }
  }

  async #openIfNew({ path, status }: PresentFile): Promise<FollowedFile | undefined> {
    const { platform, reporter, ending, history } = this.#run
    const key = fileKey(path, status)
    const state = `${status.sizeBytes} ${status.modifiedMs} ${status.bornNs} ${status.changedNs}`
    // A new file under the name of an open file waits until the open file has been read to its end.
    const isOther = this.#open.every(
      ({ file }) => file.key !== key && (file.path !== path || file.isReplaced),
    )
    if (!isOther || this.#compared.get(key) === state) return undefined
    let file: InputFile | undefined
    try {
      file = await platform.files.open(path)
      const opened = await file.status()
      if (fileKey(path, opened) === key) {
        const before = await readBefore(history.now, file, opened)
        const original = before === undefined ? await this.#originalOf(file) : undefined
        if (original !== undefined) ending.fail(copied(path, original))
        else if (before === undefined && this.#open.length < maxFiles) {
          return new FollowedFile(path, file, opened)
        } else if (before === undefined) ending.fail(usageError(tooMany))
        else if (before !== 'read') reporter.noticeOnce(`${path} ${late[before]}`)
        this.#compared.set(key, state)
      }
    } catch (error) {
      const { message } = error as Error
      reporter.noticeOnce(`${path} cannot be read yet, and will be tried again: ${message}`)
    }
    await file?.close()
    return undefined
  }

  /** The path of a file that is still read, and of which this one, which is another, is a copy: it has all that was read. */
  async #originalOf(file: InputFile): Promise<string | undefined> {
    for (const { file: open } of this.#open) if (await open.isCopiedTo(file)) return open.path
    for (const { path, fingerprint, summary } of this.#run.history.now.inputs) {
      const isOpen = summary === undefined && fingerprint.sizeBytes >= copiedBytes
      if (isOpen && (await beginsAs(fingerprint, file))) return path
    }
    return undefined
  }

  /** One for each name, with the counts of all files that had it. */
  summaries(): InputSummary[] {
    const byName = new Map<string, InputSummary>()
    for (const one of [...this.#closed, ...this.#open.map(({ summary }) => summary)]) {
      const sum = structuredClone(one)
      const before = byName.get(one.path)
      byName.set(one.path, sum)
      if (before === undefined) continue
      sum.firstError = before.firstError ?? one.firstError
      for (const name of ['bytes', 'rows', 'ragged'] as const) sum[name] += before[name]
      const { contentBytes } = sum
      const kinds = Object.keys(contentBytes) as (keyof typeof contentBytes)[]
      for (const kind of kinds) contentBytes[kind] += before.contentBytes[kind]
    }
    return [...byName.values()]
  }

  /** Ends reading. Closes files only if reading has not begun; otherwise each closes after its rows are handed over. */
  async close(): Promise<void> {
    this.#ended.abort()
    this.#wake()
    if (this.#hasBegun) return
    for (const { file } of this.#open) await file.close()
  }
}

/** Whether the run has read the file to its end. `touched`: only its time differs, but without times of creation it may be another. */
export async function readBefore(
  { inputs }: Pick<RecordedRun, 'inputs'>,
  file: InputFile,
  status: DatedFileStatus,
): Promise<'read' | 'grown' | 'touched' | undefined> {
  const inode = String(status.inode)
  const alike = inputs.filter(
    // A file without rows can be loaded twice without harm, and a header alone does not identify a file.
    ({ fingerprint, summary }) => fingerprint.inode === inode && (summary?.rows ?? 0) > 0,
  )
  // On a disk, an inode number belongs to one file at a time, so an earlier file with this number is gone. Some systems have none.
  for (const [i, { fingerprint }] of alike.entries()) {
    const isExact = status.inode === 0n || fingerprint.born !== undefined
    if (!isExact && i < alike.length - 1) continue
    if (!(await isSameGrown(fingerprint, file))) continue
    if (status.sizeBytes > fingerprint.sizeBytes) return 'grown'
    const isTouched = Math.floor(status.modifiedMs) !== fingerprint.modifiedMs
    return isTouched && fingerprint.born === undefined ? 'touched' : 'read'
  }
  return undefined
}

/** Opens file `number` of the journal, which an earlier process has begun to read. @throws {DdbError} DDB_RUN_CHANGED if it is gone */
export async function reopened(found: RecordedRun, number: number, files: Files) {
  const { path: recorded, fingerprint } = found.inputs[number]!
  const path = pathHere(found.run, recorded)
  // The file contained every row that was sent, so it certainly reached this size.
  const { offsetBytes } = found.sentOf(number)
  const folder = dirname(path)
  const names = [path]
  const add = ({ name, isFolder }: FolderEntry): void =>
    void (isFolder || names.push(join(folder, name)))
  for (const name of names) {
    const status = await files.status(name).catch(() => undefined)
    // Opening a pipe would block.
    const isLongEnough = status?.isFile === true && status.sizeBytes >= offsetBytes
    if (isLongEnough && String(status.inode) === fingerprint.inode) {
      const file = await files.open(name).catch(() => undefined)
      const isSame = file && (await isSameGrown(fingerprint, file).catch(() => false))
      if (isSame) return new FollowedFile(path, file, status)
      await file?.close()
    }
    // The loop goes on with the names that are added.
    if (names.length === 1) await files.readFolder(folder, add).catch(() => undefined)
  }
  throw runChanged(
    found,
    `"${path}" was not read to its end, and is no longer in its folder under any name ` +
      `(it was ${fingerprintText(fingerprint)}, inode ${fingerprint.inode ?? 'unknown'}). ` +
      'If rotation has compressed it, unpack it and load the rest of it as a separate file',
  )
}

/** Whether the error means that a file no longer holds content that was read. */
function isTruncated(error: unknown): error is DdbError {
  return error instanceof DdbError && error.code === 'DDB_INPUT_TRUNCATED'
}

const notLoaded = (path: string, bytes: number): string =>
  `${path}: ${bytes} bytes at its end are not loaded: they are an incomplete line, or the run stopped before reading them`

const isDocument = (path: string): string =>
  `"${path}" is a JSON document, and ${option('input.follow')} needs NDJSON, an object a line`

const late = {
  grown:
    'is still growing long after it was renamed: what was written since is not loaded. The writer should open its new file sooner',
  touched:
    'is not loaded: it has the inode number and the content of a file that was read, but was written later. If its rows are new, load it by itself',
}

const copied = (file: string, original: string): InputError =>
  new InputError(
    'DDB_INPUT_READ',
    `"${file}" begins with all that was read of "${original}": its rows would be loaded twice. Move it away if it is a copy (of logrotate: \`create\`, not \`copy\`), or load it by itself`,
    { file },
  )

const tooMany = `more than ${maxFiles} files would be followed at once: move away those that are done, or divide them among several runs`
