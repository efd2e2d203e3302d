/* Error messages for compressed files that cannot be read to their end. */
import { InputError, option } from '../../errors.js'

/** @param how  completes "the compressed data of this file …" */
export function damagedInput(name: string, how: string, cause?: unknown): InputError {
  const message = `the compressed data of "${name}" ${how}`
  return new InputError('DDB_INPUT_READ', message, { file: name }, { cause })
}

/** The error for a file that does not have the compression that the user named. */
export function notCompressed(name: string, compression: string): InputError {
  const message = `"${name}" is not compressed with ${compression}: leave ${option('input.compression')} out`
  return new InputError('DDB_INPUT_READ', message, { file: name })
}

export function isCutOff(bytes: number): string {
  return `end in the middle, after ${bytes} bytes: the file was cut off; write or copy it again`
}

/** Warns users that wrong rows may already have been loaded. @param test  the command that tests the file */
export function damagedText(how: string, test: string): string {
  return `are damaged ${how}: rows that were loaded from it may be wrong. Test the file with ${test}, and write or copy it again`
}

/** @param endBytes  end of the compressed data in the file */
export function trailingDataText(endBytes: number): string {
  return `end after ${endBytes} bytes, and something else follows: cut it off (head -c ${endBytes} FILE), or write the file again`
}
