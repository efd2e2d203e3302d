/* Loading a rejects file again: the run writes its options to the first line of the reasons, and the repaired file is loaded with them. */
import { createHash } from 'node:crypto'
import { attempt, DdbError, InputError, option, usageError } from '../../errors.js'
import { hasFields, text, texts, type Kind } from '../../known-fields.js'
import { openReader, recordFormat } from '../../parse/formats.js'
import type { Files } from '../../platform/platform.js'
import { sourceNames, type ColumnMapping } from '../../schema/cell-source.js'
import {
  isInputWord,
  lineWord,
  literalTemplate,
  templateNames,
  templateParts,
} from '../../schema/set-columns.js'
import { type InputTexts, reasonsPath } from '../../source/data-files.js'
import { bytesAt } from '../../source/file-chunks.js'
import { missingInput, openSource } from '../../source/open-source.js'
import { checkCall } from '../checked-options.js'
import { cellsAsFound, dialectOf, readAsFound } from '../inputs/detected.js'
import { failureOf, lockPath } from '../journal/journal-file.js'
import { journaledOptions, type JournaledOptions } from '../journal/journal-record.js'
import type { LoadOptions } from '../options.js'
import type { RunBasis } from '../run-ending.js'
import { type CheckProblem, lineFeedsIn, type RejectReading } from './reject.js'
import { partsOf } from './reject-path.js'

/** Must increase whenever the description changes. The program refuses every other format. */
export const reasonsFormat = 6

export interface RejectRun {
  readonly format: typeof reasonsFormat
  /** Base of relative paths in the options; '' if unknown. */
  readonly folder: string
  readonly options: Pick<
    JournaledOptions,
    'server' | 'target' | 'input' | 'mapping' | 'cells' | 'delivery'
  >
  /** Its first name. Of a stream: equal on all machines. */
  readonly path: string
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
  /** Of missing rows: whether the run had not finished when it was audited, so that it may send them, too. */
  readonly isUnfinished?: boolean | undefined
}

/** Why one record was rejected. Forms one line of the file of reasons. */
export interface RejectReason extends CheckProblem {
  runId: string
  /** Only in the first line of a file. `token`: of a run with a name. */
  token?: string | undefined
  run?: RejectRun
  /** All known time zone offsets, by column; left out if there are none. */
  offsets?: Readonly<Record<string, string>>
}

/** The code of rows that an audit has not found in the table. */
export const missingCode = 'DDB_UNCONFIRMED'

/** @param reading  undefined if it is not known how the records were read */
export function rejectRun(
  { options, checked }: Pick<RunBasis, 'options' | 'checked'>,
  known: Pick<RejectRun, 'path' | 'fieldNames' | 'isUnfinished'>,
  reading: RejectReading | undefined,
  fieldCount = 0,
): RejectRun {
  const journaled = journaledOptions(options, checked)
  const { server, target, input: given = {}, mapping, cells, delivery } = journaled
  // A rejects file has no lines to skip, is not part of a document or folder, and does not grow.
  const { skipLines, limit, jsonPath, flushIntervalMs, follow, include, path, ...kept } = given
  const found = reading && { ...reading, format: recordFormat(reading.format) }
  // The first reject may be one that has too few or too many fields.
  const count = known.fieldNames === undefined && fieldCount > 0 ? { fieldCount } : {}
  const input = { ...kept, ...readAsFound({ ...found, compression: 'none' }), ...count }
  const folder = options.journal?.workingFolder ?? ''
  const set = reading?.set && { set: reading.set }
  return {
    ...{ format: reasonsFormat, folder, ...known },
    options: {
      ...{ server, target, input },
      ...((mapping ?? set) && { mapping: { ...mapping, ...set } }),
      cells: cellsAsFound(cells, reading),
      ...(delivery && { delivery }),
    },
  }
}

/** `mapping.set` with texts in place of words for the input's name: a rejects file has another. Undefined if no column has such a text. */
export function setWithTexts(
  mapping: ColumnMapping,
  texts: InputTexts,
  given: Readonly<Record<string, string>> = {},
): RejectReading['set'] {
  const names = sourceNames(mapping, 'input')
  if (names.length === 0) return undefined
  // A column that is not set is filled from the part of the path with its name.
  const ofParts = mapping.columns.flatMap(({ name, source }) =>
    source.kind === 'template' ? [[name, `{${name}}`] as const] : [],
  )
  const all = Object.entries({ ...Object.fromEntries(ofParts), ...given })
  return Object.fromEntries(
    all.map(([target, template]) => {
      const parts = templateParts(template, target)
      const filled = parts.map(part => {
        if ('text' in part) return literalTemplate(part.text)
        if (!names.includes(part.name)) return `{${part.name}}`
        const text = texts[part.name]
        return text && literalTemplate(text)
      })
      return [target, filled.includes(undefined) ? '' : filled.join('')]
    }),
  )
}

const fieldNames: Kind = names => (names === undefined ? undefined : texts(names))
const runFields = { folder: text, path: text, options: {}, fieldNames }

export type KnownRejects = Awaited<ReturnType<typeof readRejectRun>>

/**
 * @throws {InputError} DDB_INPUT_MISSING without reasons; DDB_INPUT_FORMAT if their first line does not describe the run
 * @throws {DdbError} DDB_LOCKED while a run writes the file
 */
export async function readRejectRun(path: string, files: Files) {
  const file = reasonsPath(path)
  const { first, last, rows } = await firstAndLast(file, files).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw missingInput(file, cause)
    const message = `"${path}" has no reasons next to it ("${file}"), so the options of its run are unknown: load it with the options of that run`
    throw new InputError('DDB_INPUT_MISSING', message, { file }, { cause })
  })
  const { runId, run, code, token } = first
  const isKnown = hasFields({ runId, run }, { runId: text, run: runFields })
  const unfit = failureOf(() => checkCall(run?.options ?? {}))
  if (!isKnown || run?.format !== reasonsFormat || unfit !== undefined) {
    const message = `"${file}" does not have the options of its run in its first line, or is of another version: load "${path}" with the options of that run`
    const position = { file, lineNumber: 1 }
    throw new InputError('DDB_INPUT_FORMAT', message, position, { cause: unfit })
  }
  const holder = await files.lockHolder(lockPath(path))
  if (holder?.kind === 'taken') {
    const message = `"${path}" is still being written by ${holder.who}: wait until its run has ended`
    throw new DdbError('DDB_LOCKED', message)
  }
  const cells = cellsAsFound(run.options.cells, {}, last.offsets ?? {})
  // Whether an audit has found the rows to be missing.
  const isOfAudit = code === missingCode
  const known = { ...run, options: { ...run.options, cells } }
  return { runId: runId!, token, run: known, isOfAudit, rows }
}

/** Limit for the length of a line. The options of a run take at most a few lines of plain data. */
const mostBytes = 4 * 1024 * 1024

/** What the first line of the reasons has, and the last complete one, which has all offsets; nothing for a line that is not a reason. How many there are. */
async function firstAndLast(reasons: string, files: Files) {
  const file = await files.open(reasons)
  try {
    const reasonAt = async (start: number, index: number): Promise<Partial<RejectReason>> => {
      const lines = String(await bytesAt(file, start, mostBytes)).split('\n')
      const line = lines.slice(0, -1).at(index) ?? ''
      return Object(attempt(() => JSON.parse(line) as unknown)) as object
    }
    const { sizeBytes } = await file.status()
    const lastFrom = Math.max(0, sizeBytes - mostBytes)
    let rows = 0
    for (let from = 0; from < sizeBytes; from += mostBytes) {
      rows += lineFeedsIn(await bytesAt(file, from, mostBytes))
    }
    return { first: await reasonAt(0, 0), last: await reasonAt(lastFrom, -1), rows }
  } finally {
    await file.close()
  }
}

/** The run id for loading a rejects file again. @param path  the file's first name: a second load is noticed even after a move */
export function retryRunId(runId: string, path: string): string {
  const digest = createHash('sha256').update(`${runId}\n${path}`).digest('hex').slice(0, 8)
  return `${runId.replace(/\.retry-[0-9a-f]{8}$/, '').slice(0, 40)}.retry-${digest}`
}

/** Path for rows that are rejected again: `r.retry.csv` for `r.csv`, then `r.retry-2.csv`. */
export function retryRejectsPath(path: string): string {
  const { stem, extension } = partsOf(path)
  const before = /\.retry(?:-(\d+))?$/.exec(stem)
  if (before === null) return `${stem}.retry${extension}`
  return `${stem.slice(0, before.index)}.retry-${Number(before[1] ?? 1) + 1}${extension}`
}

/**
 * Refuses a file whose rows need a text that it does not have, and an edited one whose encoding or header has changed, if the reader would
 * not notice it. @param asked  with this input @throws {UsageError} DDB_USAGE @throws {InputError} DDB_INPUT_COLUMN, DDB_INPUT_ENCODING
 */
export async function checkRepaired(
  { fieldNames, options }: Pick<RejectRun, 'fieldNames' | 'options'>,
  asked: Pick<LoadOptions, 'inputs' | 'input' | 'mapping'>,
  isEncodingGiven: boolean,
  files: Files,
): Promise<void> {
  const { encoding = 'auto' } = asked.input ?? {}
  const [path = ''] = asked.inputs
  const set = Object.entries(options.mapping?.set ?? {})
  const lacking = set.find(([column, template]) =>
    templateNames({ [column]: template }).some(name => name === lineWord || isInputWord(name)),
  )
  if (lacking !== undefined) {
    throw usageError(
      `column "${lacking[0]}" is filled by ${lacking[1]}, which "${path}" does not record: load its rows with ${option('mapping.set')} and what "${reasonsPath(path)}" says of each`,
    )
  }
  const mayDiffer = !isEncodingGiven && encoding !== 'auto' && !encoding.startsWith('utf-')
  // Most other encodings would decode UTF-8 wrongly, without an error.
  if (mayDiffer && (await isUtf8Text(path, files))) {
    const name = option('input.encoding')
    const message = `"${path}" seems to be UTF-8 now, and was ${encoding}: repeat the command with ${name} utf-8 if you saved it so, else with ${name} ${encoding}`
    throw new InputError('DDB_INPUT_ENCODING', message, { file: path })
  }
  // If no column may be missing, the mapping notices that the names of a header are lost.
  const { match, allowMissing = false } = asked.mapping ?? {}
  if (fieldNames === undefined || (match !== 'position' && !allowMissing)) return
  const source = await openSource(path, { files, encoding, compression: 'none' })
  try {
    const reader = await openReader(source, dialectOf(asked))
    const names = reader.fieldNames ?? []
    const isSame =
      match === 'position'
        ? JSON.stringify(names) === JSON.stringify(fieldNames)
        : fieldNames.every(name => names.includes(name))
    if (reader.fieldCount === 0 || isSame) return
    const message = `"${path}" does not begin with its header (${fieldNames.join(', ')}) as it did: put the header back`
    throw new InputError('DDB_INPUT_COLUMN', message, { file: path, lineNumber: 1 })
  } finally {
    await source.close()
  }
}

/** Whether a file is UTF-8, and not just ASCII. False for a file that cannot be read: the run will report it. */
async function isUtf8Text(path: string, files: Files): Promise<boolean> {
  try {
    const source = await openSource(path, { files, compression: 'none' })
    let isAscii = true
    try {
      for await (const chunk of source.chunks()) isAscii &&= chunk.every(byte => byte < 0x80)
    } finally {
      await source.close()
    }
    return !isAscii && source.text.encoding === 'utf-8'
  } catch {
    return false
  }
}
