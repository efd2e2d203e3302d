/*
  Loading a rejects file again. The first line of its reasons describes the run: its options, and how it read the rejects. So the repaired
  file can be loaded without options.
*/
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { DdbError, InputError, option, usageError } from '../../errors.js'
import { openReader, recordFormat } from '../../parse/formats.js'
import type { Files } from '../../platform/platform.js'
import { isInputWord, lineWord } from '../../schema/set-columns.js'
import { literalTemplate, templateParts } from '../../schema/template.js'
import { Utf8Check } from '../../source/encoding/utf8-text.js'
import { openSource } from '../../source/open-source.js'
import { dialectAsFound } from '../inputs/input-options.js'
import { isOf, type Shape } from '../journal/shape.js'
import type { InputOptions, LoadOptions } from '../options.js'
import { reasonsPath, rejectLockPath } from './reject-path.js'
import { reasonsFormat, type RejectReading, type RejectReason, type RejectRun } from './reject.js'

export interface KnownRejects {
  readonly runId: string
  readonly run: RejectRun
  /** Time zone offsets of columns that the run knew at its last reject. */
  readonly offsets: Readonly<Record<string, string>>
}

/**
 * Reads the description of the run from the reasons of a rejects file.
 * @throws {InputError} DDB_INPUT_MISSING without reasons; DDB_INPUT_FORMAT if they do not describe the run
 */
export async function readRejectRun(path: string, files: Files): Promise<KnownRejects> {
  const reasons = reasonsPath(path)
  const [first, last] = await firstAndLast(path, files)
  const { runId, run } = first ?? {}
  const isKnown = run?.format === reasonsFormat && isOf(runShape, run)
  if (typeof runId === 'string' && isKnown) {
    return { runId, run, offsets: last?.offsets ?? {} }
  }
  throw new InputError(
    'DDB_INPUT_FORMAT',
    `"${reasons}" does not have the options of its run in its first line: load "${path}" with the options of that run`,
    { file: reasons, lineNumber: 1 },
  )
}

/** Of the run's options, `checkedOptions` checks the rest. */
const optionsShape: Shape = {
  inputs: 'texts',
  server: { host: 'text', port: '#', user: 'text?' },
  target: {
    ...{ table: 'text?', function: 'text?', method: 'text?', types: 'text?' },
    ...{ confirmTable: 'text?', transform: 'text?', mayDrop: 'flag?' },
  },
  ...{ input: '*?', mapping: [{ map: '*?', set: '*?' }, '?'] },
  ...{ cells: '*?', rejects: '*?', delivery: '*?' },
}
const runShape: Shape = {
  ...{ folder: 'text', path: 'text', options: optionsShape, fieldNames: 'texts?' },
  reading: [{ format: 'text', encoding: { value: 'text' }, texts: '*?', parts: 'texts?' }, '?'],
}

/** Limit for the length of a line. The options of a run take at most a few lines of plain data. */
const mostBytes = 4 * 1024 * 1024

/** The first line of the reasons, and the last complete one; undefined for lines that are not reasons. */
async function firstAndLast(
  path: string,
  files: Files,
): Promise<(Partial<RejectReason> | undefined)[]> {
  const reasons = reasonsPath(path)
  try {
    const file = await files.open(reasons)
    try {
      const { sizeBytes } = await file.status()
      const bytes = Buffer.alloc(mostBytes)
      const linesFrom = async (start: number): Promise<string[]> => {
        const length = await file.readAt(bytes, 0, mostBytes, start)
        return bytes.toString('utf8', 0, length).split('\n').slice(0, -1)
      }
      const [first] = await linesFrom(0)
      const last = (await linesFrom(Math.max(0, sizeBytes - mostBytes))).at(-1)
      return [first, last].map(parsed)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_MISSING',
      `"${path}" has no reasons next to it ("${reasons}"), so the options of its run are unknown: load it with the options of that run`,
      { file: reasons },
      { cause },
    )
  }
}

function parsed(line = ''): Partial<RejectReason> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** @throws {DdbError} DDB_LOCKED while a run writes the file */
export async function refuseWhileWritten(path: string, files: Files): Promise<void> {
  const holder = await files.lockHolder(rejectLockPath(path))
  if (holder?.kind !== 'taken') return
  throw new DdbError(
    'DDB_LOCKED',
    `"${path}" is still being written by ${holder.who}: wait until its run has ended`,
  )
}

/**
 * The run id under which a rejects file is loaded again. It depends on the file as its run named it, even if the file was moved,
 * so that the program notices a second load.
 */
export function retryRunId({ runId, run }: Pick<KnownRejects, 'runId' | 'run'>): string {
  const digest = createHash('sha256').update(`${runId}\n${run.path}`).digest('hex').slice(0, 8)
  return `${runId.replace(/\.retry-[0-9a-f]{8}$/, '').slice(0, 40)}.retry-${digest}`
}

/** Path for rows that are rejected again: `r.retry.csv` for `r.csv`, then `r.retry-2.csv`. */
export function retryRejectsPath(path: string): string {
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  const before = /\.retry(?:-(\d+))?$/.exec(stem)
  if (before === null) return `${stem}.retry${extension}`
  return `${stem.slice(0, before.index)}.retry-${Number(before[1] ?? 1) + 1}${extension}`
}

/** The options of the run that also apply to its rejects. Properties that the run detected are set explicitly. */
export function retryOptions(
  { run, offsets }: KnownRejects,
  path: string,
): Pick<LoadOptions, 'inputs' | 'target' | 'input' | 'mapping' | 'cells' | 'delivery'> {
  const { target, mapping, cells, delivery, input = {} } = run.options
  const decimalComma = run.reading?.decimalComma
  return {
    inputs: [path],
    target,
    input: retryInput(input, run.reading),
    ...(mapping === undefined && run.reading?.texts === undefined
      ? {}
      : { mapping: { ...mapping, set: setAgain(mapping?.set, run.reading, path) } }),
    cells: {
      ...cells,
      ...(decimalComma ? { decimalComma: decimalComma.value } : {}),
      ...(Object.keys(offsets).length === 0 ? {} : { offsets }),
    },
    ...(delivery === undefined ? {} : { delivery }),
  }
}

/**
 * Replaces references to the input's name by the recorded texts, because the rejects file has a different name.
 * @throws {UsageError} DDB_USAGE for a column whose texts are not recorded
 */
function setAgain(
  set: Readonly<Record<string, string>> = {},
  { texts = {}, parts: own = [] }: Pick<RejectReading, 'texts' | 'parts'> = {},
  path: string,
): Record<string, string> {
  const again: Record<string, string> = {}
  for (const name of own) again[name] = literalTemplate(texts[name] ?? '')
  for (const [target, text] of Object.entries(set)) {
    const parts = templateParts(text, target)
    const lost = parts.find(
      part =>
        'name' in part &&
        (part.name === lineWord || (isInputWord(part.name) && texts[part.name] === undefined)),
    )
    if (lost !== undefined) {
      throw usageError(
        `column "${target}" is filled by ${text}, which "${path}" does not record: load it with the options of its run`,
      )
    }
    const known = parts.map(part => ('text' in part ? part.text : texts[part.name]))
    again[target] = known.includes(null)
      ? ''
      : parts
          .map((part, i) =>
            known[i] === undefined && 'name' in part
              ? `{${part.name}}`
              : literalTemplate(known[i]!),
          )
          .join('')
  }
  return again
}

/**
 * Removes options that do not apply to a rejects file: it has no lines to skip, is not part of a document or folder, and does not
 * grow.
 */
function retryInput(
  {
    skipLines: _,
    limit: __,
    jsonPath: ___,
    flushIntervalMs: ____,
    follow: _____,
    include: ______,
    path: _______,
    ...input
  }: InputOptions,
  reading: RejectReading | undefined,
): InputOptions {
  if (reading === undefined) return { ...input, compression: 'none' }
  const { format, encoding } = reading
  return {
    ...input,
    compression: 'none',
    format: recordFormat(format),
    // A result contains the encoding as plain text. The options accept every encoding that a result may contain.
    encoding: encoding.value as Exclude<InputOptions['encoding'], undefined>,
    ...dialectAsFound(reading),
  }
}

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
    const bytes = buffer.subarray(0, length)
    const check = new Utf8Check()
    const isText = check.firstBroken(bytes) === undefined
    // Only the end of the file cannot be in the middle of a character.
    const isCut = length < lookedBytes && check.begunBytes > 0
    if (!isText || isCut || bytes.every(byte => byte < firstNonAscii)) return
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `"${path}" seems to be UTF-8 now, and was ${encoding}: name the right one with ${option('input.encoding')}`,
      { file: path },
    )
  } finally {
    await file.close()
  }
}
