/*
  Inputs that stand in a list, one a line or, as `find -print0` writes them, with NULs between.
*/
import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { InputError, UsageError } from '../../errors.js'
import { missingMessage } from '../../source/open-source.js'

/** A hundred thousand long paths; a file of data given by mistake is larger. */
const maxListBytes = 32 * 1024 * 1024

/**
 * The sources that a list names, in its order; blank lines are passed over.
 *
 * @param path  of the list; `-` is standard input
 * @throws {InputError} DDB_INPUT_MISSING when there is no such list
 * @throws {UsageError} DDB_USAGE when it names nothing, or is not a list
 */
export async function readFilesFrom(path: string, stdin: Readable): Promise<string[]> {
  const bytes = path === '-' ? await readStream(stdin) : await readList(path)
  if (bytes.length > maxListBytes) throw noList(path, `has more than ${maxListBytes} bytes`)
  if (!isUtf8(bytes)) throw noList(path, 'is not UTF-8: write the names of the files in UTF-8')
  // Without a byte order mark.
  const text = new TextDecoder().decode(bytes)
  const separator = text.includes('\0') ? '\0' : /\r?\n/
  const names = text.split(separator).filter(name => name !== '')
  if (names.length === 0) throw noList(path, 'names no file')
  if (names.includes('-')) throw noList(path, 'names -, which is no file')
  return names
}

async function readList(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_MISSING',
      missingMessage(path, cause),
      { file: path },
      { cause },
    )
  }
}

async function readStream(stdin: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer)
    chunks.push(bytes)
    length += bytes.length
    if (length > maxListBytes) break
  }
  return Buffer.concat(chunks)
}

function noList(path: string, why: string): UsageError {
  return new UsageError('DDB_USAGE', `--files-from ${path} ${why}`)
}
