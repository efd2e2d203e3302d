/*
  Reads a transform (the function that makes each batch's rows): the function itself, or `@` and the file with its text.
*/
import { readFileSync, statSync } from 'node:fs'
import { UsageError, usageError } from '../../errors.js'
import { checkTransform, mostTransformChars } from '../../load/target/transform.js'
import { missingInput } from '../../source/open-source.js'

/** @throws {UsageError} DDB_USAGE if the text is not a function @throws {InputError} DDB_INPUT_MISSING */
export function readTransform(given: string): string {
  return checkTransform(given.startsWith('@') ? textOfFile(given.slice(1)) : given)
}

/** UTF-8 needs at most three bytes for each UTF-16 unit of a string. */
const mostBytes = 3 * mostTransformChars

function textOfFile(path: string): string {
  try {
    const status = statSync(path)
    if (!status.isFile()) throw usageError(`${path} is not a file`)
    if (status.size > mostBytes) {
      throw usageError(`${path} has ${status.size} bytes, which is too long for a function`)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (error instanceof TypeError) throw usageError(`${path} is not UTF-8`)
    throw missingInput(path, error)
  }
}
