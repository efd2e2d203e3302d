/* Finds and opens the inputs of a run. Reads each small file whole, with one call, into the same memory, because passing ten thousand files to
   another thread and back takes long; if calls take long, as over a network, opens several ahead of their turn. Looks at the headers of all
   before the first row is sent, because later an unfit one would end a run that is partly loaded. */
import { DdbError, InputError } from '../../errors.js'
import {
  dataExtensions,
  detectFormat,
  openReader,
  type ReaderOptions,
} from '../../parse/formats.js'
import { type InputReader, inputShape, type PreviousFindings } from '../../parse/record-reader.js'
import { mapColumns } from '../../schema/column-mapping.js'
import type { ByteSource } from '../../source/byte-source.js'
import { cutShort } from '../../source/file-chunks.js'
import { openSource, wholeSource } from '../../source/open-source.js'
import { fileKey } from '../../platform/file-name.js'
import type { Files, FileStatus, InputFile } from '../../platform/platform.js'
import { digestOf, type Fingerprint, fingerprintOfFile, isSame } from '../journal/fingerprint.js'
import type { Run } from '../run.js'
import { newTextCheck } from '../../parse/mapped-columns.js'
import { systemFiles } from '../../platform/system-files.js'
import type { MappingRules } from '../../schema/cell-source.js'
import { inputColumns } from '../../schema/set-columns.js'
import { withArchives } from '../../source/archive/archives.js'
import {
  type ExpandedSources,
  type ExpandOptions,
  expandSources,
} from '../../source/expand-sources.js'
import { newPathReader, refuseOtherTexts } from '../../source/data-files.js'
import type { InputOptions, LoadOptions } from '../options.js'
import { cellsOf, dialectOf } from './detected.js'

/** Expands sources to inputs whose paths match. @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_COLUMN @throws {UsageError} DDB_USAGE */
export async function expandInputs(
  inputs: readonly string[],
  { path, include }: Pick<InputOptions, 'path' | 'include'>,
  looking: Pick<ExpandOptions, 'files' | 'stdin' | 'onInput'>,
): Promise<ExpandedSources> {
  const reader = newPathReader(path === undefined ? {} : { path })
  const found = await expandSources(inputs, {
    ...looking,
    files: withArchives(looking.files ?? systemFiles),
    extensions: dataExtensions,
    include,
    onSame: (one, other) => refuseOtherTexts(reader, one, other),
  })
  if (path !== undefined) for (const one of found.paths) reader.read(one)
  return found
}

/** @param known  replaces options of the user @throws {InputError} @throws {UsageError} DDB_USAGE if a header is uncertain */
export function openRecords(
  { options, target: schema }: Pick<Run, 'options' | 'target'>,
  source: ByteSource,
  known: ReaderOptions = {},
): Promise<InputReader> {
  const mapping = rulesFor(source.name, options)
  const target =
    schema.columns.length === 0 ? undefined : { schema, mapping, cells: cellsOf(options) }
  return openReader(source, { ...dialectOf(options), target, ...known })
}

function rulesFor(name: string, { input, mapping }: LoadOptions): MappingRules {
  return { ...mapping, parts: newPathReader(input).read(name).parts }
}

export interface NamedInputs extends Pick<ExpandedSources, 'paths' | 'sizes'> {
  /** The inputs' names in the journal, and in messages and texts of columns. */
  readonly names: readonly string[]
  /** Opens the inputs; default: the machine's files. */
  readonly files?: Files | undefined
}

/** The error for an unfit header of a later input; advises what to do about earlier inputs that were sent. */
export function laterHeaderError(error: unknown): unknown {
  const misfits = ['DDB_INPUT_COLUMN', 'DDB_USAGE']
  if (!(error instanceof DdbError) || !misfits.includes(error.code)) return error
  const message = `${error.message}. The inputs before it were sent: load it and those after it in a separate run`
  // What would fix the header of this input would change how the others are read.
  return Object.assign(error, { message, fix: undefined })
}

/** @throws {InputError} DDB_INPUT_COLUMN if a text in an input's name is not a value of the column it fills */
export function checkInputTexts({ options, target }: Run, names: Iterable<string>): void {
  const { input, mapping, cells = {} } = options
  if (input?.path === undefined && mapping?.set === undefined) return
  const reader = newPathReader(input)
  const checks = new Map<string, ReturnType<typeof newTextCheck>>()
  for (const name of names) {
    const { parts, texts } = reader.read(name)
    const key = parts.join('/')
    const check =
      checks.get(key) ?? newTextCheck(inputColumns(target, { ...mapping, parts }), cells)
    checks.set(key, check)
    check(name, texts)
  }
}

export interface FoundInput {
  readonly source: ByteSource
  /** Undefined if the records must be opened. */
  readonly reader?: InputReader
}

/** Larger files gain nothing, because reading their rows takes most of the time. */
const smallBytes = 64 * 1024
/** Reading whole files blocks the connections, which get a turn after this many. */
const filesInTurn = 16
/** If reading takes this long for more than half of `filesInTurn` files, it is slow. On a busy machine, a few files take much longer. */
const slowMs = 2.5
/** How many files are open ahead of their turn, and how many are opened so before whole files are read again. */
const filesAtOnce = 16
const filesAhead = 256

export class InputOpener {
  readonly #run: Run
  readonly #inputs: NamedInputs
  /** Findings about the last delimited text whose records were opened with them. */
  readonly look: PreviousFindings = {}
  /** What files are that were replaced since the journal described them: of each, the file that was opened. */
  readonly changes = new Map<number, Fingerprint>()
  /** By key. */
  readonly #opened = new Map<string, { readonly index: number; readonly status: FileStatus }>()
  #buffer: Uint8Array | undefined
  #inTurn = 0
  #slow = 0
  readonly #ahead = new Map<number, Promise<ByteSource>>()
  #aheadLeft = 0
  #last: ByteSource | undefined
  readonly #closing = new AbortController()

  constructor(run: Run, inputs: NamedInputs) {
    this.#run = run
    this.#inputs = inputs
  }

  /** Opens an input, and closes the one before it. @throws {InputError} as `openSource`; DDB_INPUT_TRUNCATED for a file that shrank */
  async open(index: number): Promise<FoundInput> {
    // A file that is the only input may be on a disk that does not answer, and must not block the process.
    if (!this.#isSmall(index) || this.#last === undefined) return this.#take(index)
    if (++this.#inTurn >= filesInTurn) {
      if (2 * this.#slow > filesInTurn) this.#aheadLeft = filesAhead
      this.#inTurn = this.#slow = 0
      await new Promise<void>(resolve => this.#run.platform.clock.nextTurn(resolve))
    }
    return (await this.#whole(index)) ?? this.#take(index)
  }

  #isSmall(index: number): boolean {
    return (this.#inputs.sizes[index] ?? Infinity) <= smallBytes
  }

  /** Reads a whole file; undefined if it must be opened, which also reports its faults. */
  async #whole(index: number): Promise<FoundInput | undefined> {
    if (this.#aheadLeft > 0 || this.#ahead.has(index)) return undefined
    const { history, options, platform } = this.#run
    const { clock, files } = platform
    const [path, name] = [this.#inputs.paths[index]!, this.#inputs.names[index]!]
    const sizeBytes = this.#inputs.sizes[index]!
    this.#buffer ??= new Uint8Array(smallBytes + 1)
    const beganMs = clock.nowMs()
    let status: FileStatus | undefined
    try {
      const found = (is: FileStatus): void => void (status = is)
      // One byte more than expected: if the byte exists, the file has changed.
      const length = files.readNow(path, this.#buffer.subarray(0, sizeBytes + 1), undefined, found)
      if (clock.nowMs() - beganMs >= slowMs) this.#slow++
      const was = history.now.inputs[index]?.fingerprint
      const { digest = was && digestOf(this.#buffer.subarray(0, length)) } = status!
      const isOther = was !== undefined && digest !== was.head
      if (length !== sizeBytes || isOther) return undefined
    } catch {
      // Opening it tells what is wrong.
      this.#aheadLeft = filesAhead
      return undefined
    }
    this.#refuseTwice(index, path, status!)
    const bytes = this.#buffer.subarray(0, sizeBytes)
    const { compression = 'auto', encoding = 'auto', format = 'auto' } = options.input ?? {}
    const isUsual = ['auto', 'none'].includes(compression) && ['auto', 'utf-8'].includes(encoding)
    const whole = isUsual ? wholeSource(name, bytes, options.input ?? {}) : undefined
    const reader = whole && this.look.open?.(whole.source, whole.content)
    const fits =
      reader && (format !== 'auto' || reader.format === detectFormat(name, whole.content))
    if (fits) return { source: whole.source, reader }
    return { source: await this.#sourceOf(index, bytes) }
  }

  /** Opens an input whose turn has come, and while reading is slow, the small files after it. */
  async #take(index: number): Promise<FoundInput> {
    const { resumption } = this.#run.history
    const opening = this.#ahead.get(index) ?? this.#sourceOf(index)
    this.#ahead.delete(index)
    const most = this.#isSmall(index) ? filesAtOnce : 0
    for (let next = index + 1; this.#aheadLeft > 0 && this.#ahead.size < most; next++) {
      if (!this.#isSmall(next)) break
      if (this.#ahead.has(next) || resumption.resumed(next)?.done !== undefined) continue
      this.#aheadLeft--
      const source = this.#sourceOf(next)
      // The error is reported when the input's turn comes.
      source.catch(() => undefined)
      this.#ahead.set(next, source)
    }
    const [source, last] = [await opening, this.#last]
    this.#last = source
    await last?.close()
    // The opener was closed meanwhile, and knew only the last one.
    if (this.#closing.signal.aborted) await source.close()
    const { totalBytes = Infinity } = source
    const before = this.#inputs.sizes[index] ?? 0
    if (totalBytes < before) {
      throw cutShort(this.#inputs.names[index]!, 'after the run had begun', before, totalBytes)
    }
    return { source }
  }

  /** Compares each file with the journal and with others once it is open, because the path may lead to another file a moment later. */
  #sourceOf(index: number, bytes?: Uint8Array): Promise<ByteSource> {
    const { history, options, platform } = this.#run
    const { compression, encoding, stdin } = options.input ?? {}
    const { names, paths, files = platform.files } = this.#inputs
    // Without a journal, none of these inputs is recorded.
    const was = history.now.inputs[index]?.fingerprint
    const open = async (path: string): Promise<InputFile> => {
      const file = await files.open(path)
      try {
        const status = await file.status()
        if (status.isFile) this.#refuseTwice(index, path, status)
        const is = was && (await fingerprintOfFile(file))
        if (is !== undefined && !isSame(was!, is)) this.changes.set(index, is)
        return file
      } catch (error) {
        await file.close()
        throw error
      }
    }
    const given = { compression, encoding, stdin, bytes, signal: this.#closing.signal }
    return openSource(paths[index]!, { ...given, name: names[index]!, files: { ...files, open } })
  }

  /** @throws {InputError} DDB_INPUT_READ if an earlier input was the same file, as if logs are rotated meanwhile */
  #refuseTwice(index: number, path: string, status: FileStatus): void {
    const key = fileKey(path, status)
    const opened = { index, status }
    const other = this.#opened.get(key) ?? opened
    // The inode of a file that was removed is used again.
    if (other.index === index || other.status.bornMs !== status.bornMs) {
      this.#opened.set(key, opened)
      return
    }
    const [file, before] = [index, other.index].map(one => this.#inputs.names[one]!)
    const renamed = 'files were renamed while they were read, and the rows of some may be missing'
    const message = `"${file}" is the file that was read as "${before}": ${renamed}`
    throw new InputError('DDB_INPUT_READ', message, { file: file! })
  }

  async close(): Promise<void> {
    this.#aheadLeft = 0
    this.#closing.abort()
    const left = [...this.#ahead.values()]
    this.#ahead.clear()
    await this.#last?.close()
    for (const source of left) await source.then(one => one.close()).catch(() => undefined)
  }
}

/** At most this many inputs are checked in advance; further inputs are checked when their turn comes. */
const maxCheckedHeaders = 100

/** Errors that the check ignores, because their cause may be gone when the input's turn comes. */
const readFailures = ['DDB_INPUT_MISSING', 'DDB_INPUT_READ', 'DDB_INPUT_TRUNCATED']

/** Checks that the headers of files suit the columns, except pipes, which are read once, and files read before. @throws as `openRecords` */
export async function checkHeaders(run: Run, inputs: NamedInputs): Promise<void> {
  const { options, history, platform, target } = run
  const opener = new InputOpener(run, inputs)
  const known = { lastLook: opener.look, clock: platform.clock }
  try {
    for (const [i, name] of inputs.names.slice(0, maxCheckedHeaders).entries()) {
      if (inputs.sizes[i] === undefined || history.resumption.resumed(i) !== undefined) continue
      try {
        const { source, reader: alike } = await opener.open(i)
        const reader = alike ?? (await openRecords(run, source, known))
        mapColumns(target, inputShape(reader, name), rulesFor(name, options))
      } catch (error) {
        if (error instanceof DdbError && !readFailures.includes(error.code)) throw error
      }
    }
  } finally {
    await opener.close()
  }
}
