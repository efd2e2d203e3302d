/*
  What a reader gets its bytes from: a file, a pipe, a decompressed file. Chunks come in order, already decompressed
  and without a byte order mark.
*/

/** How an input is stored. */
export type Compression = 'none' | 'gzip'

/** One opened input. Reading fails with the input's name in the error, whatever failed underneath. */
export interface ByteSource {
  /** What the user called it; `<stdin>` for standard input. */
  readonly name: string
  /** Path on disk, undefined for a stream. */
  readonly path: string | undefined
  readonly compression: Compression
  /** Size as stored (compressed when it is), undefined for a pipe. */
  readonly totalBytes: number | undefined
  /** Bytes taken so far, counted as stored; progress is `bytesRead / totalBytes`. */
  readonly bytesRead: number
  /** Bytes of the decompressed input taken so far, byte order mark included. */
  readonly contentBytesRead: number
  /** Bytes of the decompressed input that come before the first chunk: 3 after a byte order mark, else 0. */
  readonly startOffsetBytes: number
  /** The first bytes of the content, for guessing its format; few, and none when the input is empty. */
  readonly head: Uint8Array
  /**
   * The content, to be iterated once. A chunk may be overwritten as soon as the next one is asked for.
   *
   * @throws {InputError} DDB_INPUT_READ, DDB_INPUT_TRUNCATED, DDB_INPUT_ENCODING
   */
  chunks(): AsyncGenerator<Uint8Array, void, void>
  /** Gives up the file or stream; harmless when everything was read. */
  close(): Promise<void>
}
