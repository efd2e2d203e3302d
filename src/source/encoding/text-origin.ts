/*
  Maps text to its input. Readers see UTF-8, but report positions in the input and keep records in the input's bytes.
*/
import type { Encoding } from './encodings.js'

/** Bytes of an input that are not a character of its encoding. */
export interface BrokenBytes {
  /** Position of the first broken byte in the decompressed input. */
  readonly offsetBytes: number
  readonly bytes: Uint8Array
}

export interface BrokenText {
  /** Whether the text delivered so far may have broken bytes from `textStart` on. Only `false` is certain. */
  mayBeBroken(textStart: number): boolean
  /** Finds the first broken bytes in a piece of the text. @param text  the piece, which begins at `textStart` */
  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined
}

/** Maps text positions since the last `release` to the input. A position inside a character maps to its start. */
export interface TextOrigin {
  /** Position in the decompressed input that belongs to `textOffset` in the text. */
  inputOffset(textOffset: number): number
  /** The input bytes of the text between two positions; valid until more text is requested. */
  inputBytes(textStart: number, textEnd: number): Uint8Array
  /** Lets the origin forget everything before `textOffset`. Do not request that part afterwards. */
  release(textOffset: number): void
}

export interface SourceText {
  readonly encoding: Encoding
  /** Whether the user gave the encoding or the program found it. */
  readonly how: 'given' | 'found'
  /** The byte order mark at the start of the input; may be empty. */
  readonly mark: Uint8Array
  /** Finds bytes that are not a character. Undefined if reading stops with an error at the first such bytes. */
  readonly broken: BrokenText | undefined
  /** Undefined if the input is UTF-8, which needs no decoding: text and input then have the same positions. */
  readonly origin: TextOrigin | undefined
}
