/*
  Describes the run of a rejects file: its options, and how it read the rejects. The description is in the first line of the
  reasons, so that the repaired file can be loaded without options.
*/
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { DdbError, InputError, usageError } from '../../errors.js'
import { recordFormat } from '../../parse/formats.js'
import type { Files } from '../../platform/platform.js'
import { areJournaledOptions, type JournaledOptions } from '../journal/journal-record.js'
import { isOf } from '../journal/shape.js'
import { journaledOptions } from '../journal/portable-options.js'
import { literalTemplate, templateParts } from '../../schema/template.js'
import { isInputWord, lineWord, inputTextNames } from '../../schema/set-columns.js'
import type { Detected, InputFormat, InputOptions, LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { reasonsPath, rejectLockPath } from './reject-path.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { ColumnMapping, MappingRules } from '../../schema/cell-source.js'

/** Why one record was rejected. Forms one line of the file of reasons. */
export interface RejectReason {
  runId: string
  file: string
  /** From 1. */
  lineNumber: number
  /** Start of the record in the decoded input, from 0. */
  offsetBytes: number
  columnName: string | null
  code: string
  class: 'parse' | 'type' | 'server'
  message: string
  /** The text at fault, clipped; null if the whole record is at fault. */
  value: string | null
  /** The options of the run; only in the first line of a file. */
  run?: RejectRun
  /** All known time zone offsets, by column; only in the first line after a new offset became known. */
  offsets?: Readonly<Record<string, string>>
}

export interface RejectReading extends Detected {
  readonly format: InputFormat
  /** The texts from the input's name that fill columns, by their placeholder; null if the name does not contain a text. */
  readonly texts?: Readonly<Record<string, string | null>> | undefined
  /** Columns that are filled from the input's path. Each takes the part of the path with the column's name. */
  readonly parts?: readonly string[] | undefined
}

/** The options of a run, without secrets. */
export interface AskedFor {
  /** Base of relative paths in the options; '' if unknown. */
  readonly folder: string
  readonly options: JournaledOptions
}

/** Must increase whenever the description changes. The program refuses every other format. */
export const reasonsFormat = 4

export interface RejectRun extends AskedFor {
  readonly format: typeof reasonsFormat
  /** The rejects file as the user named it. */
  readonly path: string
  /** How the records were read; undefined if an earlier process of the run read them. */
  readonly reading: RejectReading | undefined
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
}

export interface KnownRejects {
  readonly runId: string
  readonly run: RejectRun
  /** Time zone offsets of columns that the run knew at its last reject. */
  readonly offsets: Readonly<Record<string, string>>
}

export function askedFor(options: LoadOptions, checked: CheckedOptions): AskedFor {
  const { workingFolder = '' } = options.journal ?? {}
  return { folder: workingFolder, options: journaledOptions(options, checked) }
}

/** Limit for the length of a line. The options of a run take at most a few lines of plain data. */
const mostBytes = 4 * 1024 * 1024

/**
 * Reads the description of the run from the reasons of a rejects file.
 * @throws {InputError} DDB_INPUT_MISSING without reasons; DDB_INPUT_FORMAT if they do not describe the run
 */
export async function readRejectRun(path: string, files: Files): Promise<KnownRejects> {
  const reasons = reasonsPath(path)
  const lines = await tellingLines(path, reasons, files)
  const { runId, run } = lines[0] ?? {}
  const isKnown = run?.format === reasonsFormat
  if (typeof runId === 'string' && isKnown && isRejectRun(run)) {
    // A line with time zone offsets contains all offsets known at that time, so the last such line is complete.
    const offsets = lines.findLast(line => line?.offsets !== undefined)?.offsets ?? {}
    return { runId, run, offsets }
  }
  throw new InputError(
    'DDB_INPUT_FORMAT',
    `"${reasons}" does not have the options of its run in its first line: load "${path}" with the options of that run`,
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

/** Parses the first line of the reasons, and each line that contains time zone offsets. Returns undefined for an invalid line. */
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
          // `,"offsets":{` cannot be part of a JSON string, because quotes in a string have backslashes.
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
      `"${path}" has no reasons next to it ("${reasons}"), so the options of its run are unknown: load it with the options of that run`,
      { file: reasons },
      { cause },
    )
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
  const { format, encoding, delimiter, quote, escape, header, trailingDelimiter } = reading
  return {
    ...input,
    compression: 'none',
    format: recordFormat(format),
    // A result contains the encoding as plain text. The options accept every encoding that a result may contain.
    encoding: encoding.value as Exclude<InputOptions['encoding'], undefined>,
    ...(delimiter === null ? {} : { delimiter: delimiter.value }),
    ...(quote === null ? {} : { quote: quote.value }),
    ...(escape === null || quote?.value === '' ? {} : { escape: escape.value }),
    ...(header === null ? {} : { header: header.value ? 'yes' : 'no' }),
    ...(trailingDelimiter ? { trailingDelimiter: trailingDelimiter.value } : {}),
  }
}

/** The texts to keep; undefined if no column contains a part of the input's name. */
type HeldTexts = Pick<RejectReading, 'texts' | 'parts'> | undefined

/** Cached, because thousands of inputs may share a mapping. Most lists are empty: few columns use the input's name. */
const known = new WeakMap<ColumnMapping, readonly string[]>()

function namesIn(mapping: ColumnMapping): readonly string[] {
  const names = known.get(mapping) ?? inputTextNames(mapping)
  known.set(mapping, names)
  return names
}

export function heldTexts(
  mapping: ColumnMapping,
  texts: InputTexts,
  set: MappingRules['set'] = {},
): HeldTexts {
  const names = namesIn(mapping)
  if (names.length === 0) return undefined
  const parts = mapping.columns.filter(
    ({ name, source }) => source.kind === 'template' && !Object.hasOwn(set, name),
  )
  return {
    texts: Object.fromEntries(names.map(name => [name, texts[name] ?? null])),
    parts: parts.map(({ name }) => name),
  }
}
