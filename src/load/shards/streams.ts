/* Divides the inputs of a run among shards (processes that load one run together). The inputs become streams, each of which one process
   reads from its start to its end. Which streams there are does not depend on the number of shards, so that number may change. */
import type { Fingerprint } from '../journal/fingerprint.js'

/** One of several processes that load a run. */
export interface Shard {
  /** From 1; 0 for a process that loads nothing, and only looks whether everything is loaded. */
  readonly index: number
  /** Number of the shards of this pass; the next pass may have another one. */
  readonly count: number
}

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
  let folder: string | undefined
  let bytes = 0
  for (const file of files) {
    const { path } = file
    const sizeBytes = sizeOf(file)
    const own = path.slice(0, path.lastIndexOf('/') + 1)
    const last = streams.at(-1)
    const isFull = bytes + sizeBytes > streamBytes || last?.length === streamFiles
    const isAlone = file.part !== undefined || last?.[0]?.part !== undefined
    if (last === undefined || own !== folder || isFull || isAlone) {
      streams.push([file])
      bytes = 0
    } else last.push(file)
    bytes += sizeBytes
    folder = own
  }
  return streams
}

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
