/*
  Checks that an edited rejects file can be read like the inputs of its run. An editor may have saved the file in a
  different encoding or without its header, and the reader does not always notice that.
*/
import { isUtf8 } from 'node:buffer'
import { InputError, option } from '../../errors.js'
import { openReader } from '../../parse/formats.js'
import type { Files } from '../../platform/platform.js'
import { openSource } from '../../source/open-source.js'
import type { LoadOptions } from '../options.js'
import type { RejectRun } from './reject-run.js'

/** How many bytes to read to check the encoding. */
const lookedBytes = 1024 * 1024
const firstNonAscii = 0x80

/**
 * Refuses an edited rejects file whose encoding or header has changed, if the reader would not notice the change.
 * @param asked  options with the file as their only input
 * @param isEncodingGiven  whether the user has named the encoding of the edited file
 * @throws {InputError} DDB_INPUT_COLUMN, DDB_INPUT_ENCODING, and errors that occur when the file is opened
 */
export async function checkRepaired(
  run: Pick<RejectRun, 'fieldNames'>,
  asked: Pick<LoadOptions, 'inputs' | 'input' | 'mapping'>,
  isEncodingGiven: boolean,
  files: Files,
): Promise<void> {
  const [path = ''] = asked.inputs
  if (!isEncodingGiven) await checkEncoding(path, asked, files)
  // If columns are matched by name, the reader notices a lost header: the first record lacks the right names.
  if (run.fieldNames === undefined || asked.mapping?.match !== 'position') return
  await checkHeader(path, run.fieldNames, asked, files)
}

async function checkHeader(
  path: string,
  fieldNames: readonly string[],
  {
    input: { encoding = 'auto', format, delimiter, quote, escape, trailingDelimiter } = {},
  }: Pick<LoadOptions, 'input'>,
  files: Files,
): Promise<void> {
  const source = await openSource(path, { files, encoding, compression: 'none' })
  try {
    const given = { format, delimiter, quote, escape, trailingDelimiter }
    const dialect = { ...given, header: 'yes' } as const
    const reader = await openReader(source, dialect)
    const found = reader.fieldNames ?? []
    const isSame =
      found.length === fieldNames.length && found.every((name, i) => name === fieldNames[i])
    if (reader.fieldCount === 0 || isSame) return
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `"${path}" does not begin with its header (${fieldNames.join(', ')}) as it did: put the header back`,
      { file: path, lineNumber: 1 },
    )
  } finally {
    await source.close()
  }
}

/** Refuses a file that an editor has saved as UTF-8. Most other encodings would decode it wrongly, without an error. */
async function checkEncoding(
  path: string,
  { input: { encoding = 'auto' } = {} }: Pick<LoadOptions, 'input'>,
  files: Files,
): Promise<void> {
  if (encoding === 'auto' || encoding.startsWith('utf-')) return
  const file = await files.open(path).catch(() => undefined)
  // The reader will report why it cannot open the file.
  if (file === undefined) return
  try {
    const buffer = new Uint8Array(lookedBytes)
    const length = await file.readAt(buffer, 0, lookedBytes, 0)
    const bytes = Buffer.from(buffer.subarray(0, length))
    // The last character may be incomplete, so up to three bytes at the end may be ignored.
    const cuts = length < lookedBytes ? [0] : [0, 1, 2, 3]
    const isText = cuts.some(cut => isUtf8(bytes.subarray(0, length - cut)))
    if (!isText || bytes.every(byte => byte < firstNonAscii)) return
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `"${path}" seems to be UTF-8 now, and was ${encoding}: name the right one with ${option('input.encoding')}`,
      { file: path },
    )
  } finally {
    await file.close()
  }
}
