/*
  The face of what turns bytes of an encoding into UTF-8.
*/

/** Bytes, and the same bytes for reading and writing four at once; some behind the last may be read and written. */
export interface Bytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView
}

export function bytesOfLength(length: number): Bytes {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** What stands in the text for bytes that are not a character: a byte that UTF-8 does not have. */
export const brokenMark = 0xff

/** Bytes behind an array's data that a decoder reads or writes at most. */
export const decoderSlackBytes = 8

/** Decodes piece by piece, and says how far it came. */
export interface CharacterDecoder {
  /** As `TextOrigin` has it. */
  readonly lineFeed: Uint8Array
  /** Behind the last byte taken. */
  readonly inputAt: number
  /** Behind the last byte written. */
  readonly textAt: number
  /**
   * Decodes the characters that begin from `start` on and before `stop`, up to the first one whose text would end
   * behind `textLimit`, or that is not whole within `end`. Bytes that are not a character become `brokenMark`.
   *
   * @param ended  nothing comes behind `end`: what is not whole is not a character
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
