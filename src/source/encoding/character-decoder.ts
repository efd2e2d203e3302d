/*
  The interface of decoders that turn an encoding into UTF-8.
*/

/**
 * Bytes, and a view of the same memory that reads or writes four bytes at once. A decoder may also read or write up to
 * `decoderSlackBytes` bytes after the end of the data, so the array must be longer than the data.
 */
export interface Bytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView
}

export function bytesOfLength(length: number): Bytes {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** A byte that UTF-8 never contains. Decoders write it in place of bytes that are not a character. */
export const brokenMark = 0xff

/** A decoder reads or writes at most this many bytes after the end of an array's data. */
export const decoderSlackBytes = 8

/** Decodes piece by piece. After each call, `inputAt` and `textAt` show how far the call came. */
export interface CharacterDecoder {
  /** The bytes of a line feed in the encoding (see `TextOrigin`). */
  readonly lineFeed: Uint8Array
  /** Position after the last input byte that was decoded. */
  readonly inputAt: number
  /** Position after the last byte written to the text. */
  readonly textAt: number
  /**
   * Decodes the characters that begin from `start` on and before `stop`. Stops at the first character whose text would end after
   * `textLimit`, or that is incomplete at `end`. Writes `brokenMark` for bytes that are not a character.
   * @param ended  true if the input ends at `end`: then an incomplete character there is written as `brokenMark`
   */
  decode(
    input: Bytes,
    start: number,
    stop: number,
    end: number,
    ended: boolean,
    text: Bytes,
    textStart: number,
    textLimit: number,
  ): void
}
