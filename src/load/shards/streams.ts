/* Divides the inputs of a run among shards (processes that load one run together) into streams, each of which one process reads from its start
   to its end, whatever the number of shards. Large files have parts: each begins and ends with a line, at bounds that depend on the file
   alone, and is read as if it were a file of its own, with the header of the whole one. */
import type { Files, InputFile } from '../../platform/platform.js'
import { bytesAt } from '../../source/file-chunks.js'
import { compressionOf } from '../../source/open-source.js'
import { byteOrderMark } from '../../source/encoding/open-text.js'
import { lineFeed } from '../../parse/window.js'
import { isInputWord, lineWord, templateNames } from '../../schema/set-columns.js'
import type { Fingerprint } from '../journal/fingerprint.js'
import type { LoadOptions, Shard } from '../options.js'

/** From one line to another. A part that does not begin with the file is read after the first `headBytes` of the file. */
export interface FilePart {
  readonly fromBytes: number
  readonly toBytes: number
  readonly headBytes: number
}

/** A file, or a part of one, as it was when the run began. */
export interface ListedFile {
  readonly path: string
  /** Of the whole file. */
  readonly fingerprint: Fingerprint
  readonly part?: FilePart
}

/** A file, a part of one, or small files of one folder. The number of a stream is its index in the list. */
export type Stream = readonly ListedFile[]

/** Limits of the files that share a stream: more would leave too little for other shards, fewer would make many small batches. */
const streamBytes = 16 * 2 ** 20
const streamFiles = 1_000

export function streamsOf(files: readonly ListedFile[]): readonly Stream[] {
  const streams: ListedFile[][] = []
  let bytes = 0
  for (const file of files) {
    const last = streams.at(-1)
    const isFull = bytes + sizeOf(file) > streamBytes || last?.length === streamFiles
    const isAlone = file.part !== undefined || last?.[0]?.part !== undefined
    const isNear = last !== undefined && folderOf(last[0]!) === folderOf(file)
    if (isNear && !isFull && !isAlone) last.push(file)
    else {
      streams.push([file])
      bytes = 0
    }
    bytes += sizeOf(file)
  }
  return streams
}

const folderOf = ({ path }: ListedFile): string => path.slice(0, path.lastIndexOf('/') + 1)

export const sizeOf = ({ part, fingerprint }: ListedFile): number =>
  part === undefined ? fingerprint.sizeBytes : part.headBytes + part.toBytes - part.fromBytes

export function bytesOf(files: readonly ListedFile[]): number {
  return files.reduce((sum, file) => sum + sizeOf(file), 0)
}

/** Streams in a row, ascending: files of one day are mostly neighbours, and belong to a partition that no two tasks may write at once. */
export function streamsOfShard(streams: readonly Stream[], { index, count }: Shard) {
  // One byte more for each, because opening even an empty file is work.
  const sizes = streams.map(files => bytesOf(files) + 1)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let before = 0
  return sizes.flatMap((size, i) => {
    const middle = before + size / 2
    before += size
    return Math.floor((count * middle) / total) === index - 1 ? [i] : []
  })
}

export const partBytes = 256 * 2 ** 20

const windowBytes = 65_536

/** Parts of a file where each line is a record: UTF-8, as JSON lines or without quotes below a header. Undefined if it is one stream. */
export async function partsOf(
  path: string,
  files: Files,
  { input = {}, mapping, cells = {} }: Pick<LoadOptions, 'input' | 'mapping' | 'cells'>,
): Promise<readonly FilePart[] | undefined> {
  const { format, delimiter, quote, escape, header, skipLines, comment, path: pattern } = input
  const { compression = 'auto', encoding = 'auto', jsonPath } = input
  const isPlain = ['auto', 'none'].includes(compression) && ['auto', 'utf-8'].includes(encoding)
  const isUnquoted = quote === '' && escape === undefined && header === 'yes'
  // What is detected in one part may differ from what another part shows.
  const isCommaKnown =
    delimiter === ',' || cells.decimalComma !== undefined || cells.thousands === ','
  const isDetected = delimiter === undefined || !isCommaKnown
  const isWhole = !isUnquoted || isDetected || (skipLines ?? 0) > 0 || comment !== undefined
  // A part has a name and line numbers of its own.
  const isNamed = templateNames(mapping?.set).some(name => isInputWord(name) || name === lineWord)
  if (!isPlain || isNamed || pattern !== undefined || jsonPath !== undefined) return undefined
  if (format !== 'ndjson' && isWhole) return undefined
  if ((await files.status(path)).sizeBytes <= partBytes) return undefined
  const file = await files.open(path)
  try {
    const { sizeBytes, digest } = await file.status()
    const start = await bytesAt(file, 0, windowBytes)
    const isText =
      compressionOf('auto', start, path) === 'none' && !start.subarray(0, 4).includes(0)
    const { encoding: found = 'utf-8' } = byteOrderMark(start) ?? {}
    // A member of an archive has a digest.
    if (!isText || found !== 'utf-8' || digest !== undefined) return undefined
    const headBytes = format === 'ndjson' ? 0 : start.indexOf(lineFeed) + 1
    // A blank first line cannot be a header, a line with a separator comes before one, and rows come after one that ends with CR.
    const first = start.toString('utf8', 0, headBytes).replace('\uFEFF', '')
    const isHeader = /^(?!sep=)[^\r\n]+\r?\n$/i.test(first)
    if (format !== 'ndjson' && (headBytes === 0 || !isHeader)) return undefined
    const parts: FilePart[] = []
    for (let bound = partBytes, fromBytes = 0; fromBytes < sizeBytes; bound += partBytes) {
      if (bound <= fromBytes) continue
      const toBytes = await lineStart(file, bound, sizeBytes)
      parts.push({ fromBytes, toBytes, headBytes: fromBytes === 0 ? 0 : headBytes })
      fromBytes = toBytes
    }
    return parts.length < 2 ? undefined : parts
  } finally {
    await file.close()
  }
}

/** The end of a line that is not blank. In a file with one column, blank lines are nulls, but not at its end. */
const lineEnd = /[^ \t\r\n][ \t]*\r?\n/

/** The first start of a line at `bound` or after it that follows a line that is not blank; the end of the file if there is none. */
async function lineStart(file: InputFile, bound: number, sizeBytes: number): Promise<number> {
  for (let at = bound - 2; at < sizeBytes; at += windowBytes) {
    const window = (await bytesAt(file, at, windowBytes)).toString('latin1')
    const found = lineEnd.exec(window)
    if (found !== null) return at + found.index + found[0].length
  }
  return sizeBytes
}

/** How the files of a stream are named in messages, and opened. */
export function inputsOf(stream: Stream, files: Files) {
  const { part } = stream[0]!
  return {
    names: stream.map(({ path }) =>
      part?.fromBytes ? `${path} from byte ${part.fromBytes}` : path,
    ),
    paths: stream.map(({ path }) => path),
    sizes: stream.map(sizeOf),
    files: part === undefined ? files : filesWithPart(files, part),
  }
}

/** Files that open a part as if it were the whole file. */
export function filesWithPart(files: Files, part: FilePart): Files {
  const { fromBytes, toBytes, headBytes } = part
  const open = (file: InputFile): InputFile => {
    let position = 0
    const readAt: InputFile['readAt'] = (buffer, offset, length, at) => {
      const isHead = at < headBytes
      const start = isHead ? at : fromBytes + at - headBytes
      const left = (isHead ? headBytes : toBytes) - start
      return file.readAt(buffer, offset, Math.max(0, Math.min(length, left)), start)
    }
    return {
      readAt,
      async read(buffer, offset, length) {
        const count = await readAt(buffer, offset, length, position)
        position += count
        return count
      },
      async status() {
        const status = await file.status()
        const sizeBytes = headBytes + Math.max(0, Math.min(status.sizeBytes, toBytes) - fromBytes)
        return { ...status, sizeBytes }
      },
      close: () => file.close(),
    }
  }
  return { ...files, open: async path => open(await files.open(path)) }
}
