/*
  What a rejects file says of its run: how it was asked for, and how these records were read. It stands in the first line of
  the reasons, so that the repaired file can be loaded without being told anything.
*/
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { DdbError, InputError, UsageError } from '../../errors.js'
import { recordFormat } from '../../parse/formats.js'
import type { Files } from '../../platform/platform.js'
import { areJournaledOptions, isOf, type JournaledOptions } from '../journal/journal-record.js'
import { askedAgain, journaledOptions } from '../journal/portable-options.js'
import { literalTemplate, templateParts } from '../../schema/template.js'
import { isInputWord, lineWord } from '../../schema/set-columns.js'
import type { Detected, InputFormat, InputOptions, LoadOptions } from '../options.js'
import type { Plan } from '../plan.js'
import { reasonsPath, rejectLockPath } from './reject-path.js'

/** Why one record was refused; a line of the reasons file. */
export interface RejectReason {
  runId: string
  file: string
  /** From 1. */
  lineNumber: number
  /** Of the record, from 0, in the decoded input. */
  offsetBytes: number
  columnName: string | null
  code: string
  class: 'parse' | 'type' | 'server'
  message: string
  /** The offending text, clipped; null when the whole record is at fault. */
  value: string | null
  /** In the first line of a file: how its run was asked for. */
  run?: RejectRun
  /** In the first line behind which more are known: what offsets the times of columns have. */
  offsets?: Readonly<Record<string, string>>
}

/** How an input was read. */
export interface RejectReading extends Detected {
  readonly format: InputFormat
  /** What the name of the input says, as far as columns hold it; null where it says nothing. */
  readonly texts?: Readonly<Record<string, string | null>> | undefined
  /** Columns that have the name of a part of its path, and hold that. */
  readonly parts?: readonly string[] | undefined
}

/** How a run was asked for, without secrets. */
export interface AskedFor {
  /** Where its relative paths begin; '' where that is not known. */
  readonly folder: string
  readonly options: JournaledOptions
}

/** What the first line of the reasons has besides its reason. */
export interface RejectRun extends AskedFor {
  /** 2 where columns hold what the names of inputs say, which earlier versions do not know. */
  readonly format: 1 | 2
  /** The rejects file as it was named. */
  readonly path: string
  /** undefined where the rows were read by an earlier process of the run. */
  readonly reading: RejectReading | undefined
  /** Names in the header; undefined without one, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
}

/** A run, and what it rejected. */
export interface KnownRejects {
  readonly runId: string
  readonly run: RejectRun
  /** What offsets the times of columns have, as far as the run knew it at its last reject. */
  readonly offsets: Readonly<Record<string, string>>
}

/** What rejects say of their run. */
export function askedFor(options: LoadOptions, plan: Plan): AskedFor {
  const { workingFolder = '' } = options.journal ?? {}
  return { folder: workingFolder, options: journaledOptions(options, plan) }
}

/** Options are plain data of some lines at most. */
const mostBytes = 4 * 1024 * 1024

/**
 * What the reasons beside a rejects file say of its run.
 * @throws {InputError} DDB_INPUT_MISSING without such a file, DDB_INPUT_FORMAT when it does not say
 */
export async function readRejectRun(path: string, files: Files): Promise<KnownRejects> {
  const reasons = reasonsPath(path)
  const lines = await tellingLines(path, reasons, files)
  const { runId, run } = lines[0] ?? {}
  const isKnown = run?.format === 1 || run?.format === 2
  if (typeof runId === 'string' && isKnown && isRejectRun(run)) {
    // They grow: the last ones are all.
    const offsets = lines.findLast(line => line?.offsets !== undefined)?.offsets ?? {}
    return { runId, run, offsets }
  }
  throw new InputError(
    'DDB_INPUT_FORMAT',
    `"${reasons}" does not say in its first line how its run was asked for: load "${path}" with the options of that run`,
    { file: reasons, lineNumber: 1 },
  )
}

function isRejectRun(run: RejectRun): boolean {
  const { options, reading, fieldNames = [] } = run
  return (
    isOf({ folder: 'text', path: 'text' }, run) &&
    areJournaledOptions(options) &&
    (reading === undefined ||
      isOf({ format: 'text', encoding: { value: 'text' }, texts: '*?' }, reading)) &&
    Array.isArray(reading?.parts ?? []) &&
    Array.isArray(fieldNames) &&
    fieldNames.every(name => typeof name === 'string')
  )
}

function parsed(line: string): (Partial<RejectReason> & { run?: RejectRun }) | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** The first line of the reasons, and those that tell of offsets; undefined for what is none. */
async function tellingLines(
  path: string,
  reasons: string,
  files: Files,
): Promise<ReturnType<typeof parsed>[]> {
  try {
    const file = await files.open(reasons)
    try {
      const found: ReturnType<typeof parsed>[] = []
      const bytes = Buffer.alloc(mostBytes)
      let length = 0
      let position = 0
      for (;;) {
        const count = await file.readAt(bytes, length, mostBytes - length, position)
        position += count
        length += count
        const window = bytes.subarray(0, length)
        let start = 0
        for (let end; (end = window.indexOf(0x0a, start)) >= 0; start = end + 1) {
          const line = window.subarray(start, end)
          // Inside a text the quotes would have backslashes.
          if (found.length === 0 || line.includes(',"offsets":{')) {
            found.push(parsed(line.toString()))
          }
        }
        bytes.copyWithin(0, start, length)
        length -= start
        if (count === 0 || length === mostBytes) return found
      }
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_MISSING',
      `"${path}" has no reasons beside it ("${reasons}"), so nobody knows how its run was asked for: load it with the options of that run`,
      { file: reasons },
      { cause },
    )
  }
}

/** @throws {DdbError} DDB_LOCKED while a run writes the file */
export async function refuseWritten(path: string, files: Files): Promise<void> {
  const holder = await files.lockHolder(rejectLockPath(path))
  if (holder?.kind !== 'taken') return
  throw new DdbError(
    'DDB_LOCKED',
    `"${path}" is still being written by ${holder.who}: wait until its run has ended`,
  )
}

/**
 * The name under which a rejects file is loaded again: the same for the same file, wherever it was moved, so that no row is
 * loaded twice unnoticed.
 */
export function retryRunId({ runId, run }: Pick<KnownRejects, 'runId' | 'run'>): string {
  const digest = createHash('sha256').update(`${runId}\n${run.path}`).digest('hex').slice(0, 8)
  return `${runId.replace(/\.retry-[0-9a-f]{8}$/, '').slice(0, 40)}.retry-${digest}`
}

/** Where rows go that are bad again: `r.retry.csv` of `r.csv`, then `r.retry-2.csv`. */
export function retryRejectsPath(path: string): string {
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  const before = /\.retry(?:-(\d+))?$/.exec(stem)
  if (before === null) return `${stem}.retry${extension}`
  return `${stem.slice(0, before.index)}.retry-${Number(before[1] ?? 1) + 1}${extension}`
}

/** Those of the run that hold for its rejects as well; what was found then is said now. */
export function retryOptions(
  { run, offsets }: KnownRejects,
  path: string,
): Pick<
  LoadOptions,
  'inputs' | 'target' | 'input' | 'mapping' | 'cells' | 'delivery' | 'expectTypes'
> {
  const { target, mapping, cells, delivery, expectTypes, input = {} } = askedAgain(run.options)
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
    ...(expectTypes === undefined ? {} : { expectTypes }),
  }
}

/**
 * What the name of the input said stands here now, as the file has another name.
 * @throws {UsageError} DDB_USAGE for columns that hold what is not known any more
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
      throw new UsageError(
        'DDB_USAGE',
        `column "${target}" is filled by ${text}, which "${path}" does not tell of its records: load them with the options of their run`,
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

/** Lines that were skipped and the way into a document are not in the file, it has an end, is no folder, and has a name of its own. */
function retryInput(
  {
    skipLines: _,
    limit: __,
    jsonPath: ___,
    flushIntervalMs: ____,
    follow: _____,
    include: ______,
    members: _________,
    path: _______,
    pathUnmatched: ________,
    ...input
  }: InputOptions,
  reading: RejectReading | undefined,
): InputOptions {
  if (reading === undefined) return { ...input, compression: 'none' }
  const { format, encoding, delimiter, quote, escape, header, trailingDelimiter } = reading
  return {
    ...input,
    compression: 'none',
    format: recordFormat(format),
    // A result has a text for what the options have names for.
    encoding: encoding.value as Exclude<InputOptions['encoding'], undefined>,
    ...(delimiter === null ? {} : { delimiter: delimiter.value }),
    ...(quote === null ? {} : { quote: quote.value }),
    ...(escape === null || quote?.value === '' ? {} : { escape: escape.value }),
    ...(header === null ? {} : { header: header.value ? 'yes' : 'no' }),
    ...(trailingDelimiter ? { trailingDelimiter: trailingDelimiter.value } : {}),
  }
}
