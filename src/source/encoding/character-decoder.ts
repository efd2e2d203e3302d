/*
  The interface of decoders that turn an encoding into UTF-8.
*/

/** Bytes, and the same memory for reading and writing four at once; some bytes after the last may be read and overwritten. */
export interface Bytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView
}

export function bytesOfLength(length: number): Bytes {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** Replaces bytes that are not a character: a byte that UTF-8 never contains. */
export const brokenMark = 0xff

/** How many bytes after an array's data a decoder reads or writes at most. */
export const decoderSlackBytes = 8

/** Decodes piece by piece, and tells how far it came. */
export interface CharacterDecoder {
  /** As in `TextOrigin`. */
  readonly lineFeed: Uint8Array
  /** After the last byte taken. */
  readonly inputAt: number
  /** After the last byte written. */
  readonly textAt: number
  /**
   * Decodes the characters that begin from `start` on and before `stop`. It stops at the first one whose text would end after
   * `textLimit`, or that is incomplete at `end`. Bytes that are not a character become `brokenMark`.
   * @param ended  nothing follows `end`: an incomplete character is not a character
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
