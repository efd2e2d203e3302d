/*
  The first bytes of a text: a UTF-8 byte order mark is left out, UTF-16 is refused before it turns into rubbish.
*/
import { InputError } from '../errors.js'

const utf8MarkBytes = 3

/**
 * Length of the UTF-8 byte order mark at the start of `bytes`, 0 without one.
 *
 * @param bytes  the first bytes of the input, at least 3 unless it is shorter
 * @throws {InputError} DDB_INPUT_ENCODING when this is UTF-16
 */
export function textStart(bytes: Uint8Array, file: string): number {
  const [a, b, c] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return utf8MarkBytes
  // Without a mark, a NUL in the first pair gives UTF-16 away: no text format here starts with one.
  const utf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0
  if (utf16) {
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `${file} looks like UTF-16, but only UTF-8 is read: convert it first, for example with iconv -f UTF-16 -t UTF-8`,
      { file, offsetBytes: 0 },
    )
  }
  return 0
}
