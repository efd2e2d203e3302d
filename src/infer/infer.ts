/*
  Reads the inputs as `load` does, and describes a table that can hold their rows.
*/
import type { UsageError } from '../errors.js'
import { InputError, option, usageError } from '../errors.js'
import { columnOffsets } from '../parse/cells/column-offset.js'
import { hasNumberStyle, plainNumbers } from '../parse/cells/number-style.js'
import { decimalCommaFor } from '../parse/csv/row-target.js'
import type { CellRules } from '../parse/cell-rules.js'
import { quotesDialect } from '../parse/csv/find-quotes.js'
import type { InputReader } from '../parse/input-reader.js'
import { openReader } from '../parse/formats.js'
import type { ColumnMapping, InputShape } from '../schema/cell-source.js'
import { mapColumns } from '../schema/column-mapping.js'
import type { TargetSchema } from '../schema/target-schema.js'
import type { ByteSource } from '../source/byte-source.js'
import { openSource, stdinName } from '../source/open-source.js'
import { checkRules, fieldColumns, inputFields } from './column-names.js'
import { ColumnProbe, type ProbeOptions } from './column-probe.js'
import { Findings, type InferOptions } from './findings.js'
import type { InferredSchema } from './inferred-schema.js'
import { JsonColumns } from './json-columns.js'
import { buildSchema } from './build-schema.js'
import { newTemplateLook, setTexts, type TemplateLook } from './set-probes.js'
import { Totals } from './totals.js'

export type { InferOptions } from './findings.js'

/** Small batches suffice, because each one is released unread. */
const batchRows = 10_000
const batchBytes = 4 * 1024 * 1024
/** Limits of the number of different texts to remember: for all columns together, and for a single column. */
const maxDistinctTexts = 2 ** 21
const mostDistinct = 65_536
const leastDistinct = 1024

/**
 * @throws {InputError} if an input cannot be read; DDB_INPUT_COLUMN for inputs without columns, or whose columns differ
 * @throws {UsageError} DDB_USAGE for rules that do not fit the inputs
 */
export async function inferSchema(options: InferOptions): Promise<InferredSchema> {
  const hasComment = options.reader.comment !== undefined
  const totals = new Totals()
  let found = await lookAtInputs(options, totals)
  // If no option can skip the sums, `load` stores them. The inputs are then examined again, with the sums as rows.
  // Standard input can be read only once, so its sums remain left out.
  if (totals.areRows(hasComment) && !options.paths.includes('-')) {
    found = await lookAtInputs(options)
  }
  const schema = buildSchema(options, found, totals.found(hasComment))
  const isUnread = found.rejected > 0 && found.rejected === found.rows
  if (schema.columns.length > 0 && !isUnread) return schema
  const file = options.paths[0] === '-' ? stdinName : (options.paths[0] ?? '')
  const leftOut = schema.leftOut.map(({ source, reason }) => `${source}: ${reason}`).slice(0, 5)
  const why =
    found.rejected > 0
      ? `no record that can be read; the first: ${found.firstReject}${raggedText(found)}`
      : leftOut.length > 0
        ? `no member that a column takes. ${leftOut.join('. ')}`
        : 'no columns: it is empty'
  throw new InputError('DDB_INPUT_COLUMN', `${file} has ${why}`, { file })
}

/** @param totals  removes records with sums, such as `Total,300`; undefined keeps such records */
async function lookAtInputs(options: InferOptions, totals?: Totals): Promise<Findings> {
  const found = new Findings(totals)
  const { onLook, stopped, paths } = options
  const count = paths.length
  for (const [i, path] of paths.entries()) {
    onLook?.({ number: i + 1, count, source: undefined })
    const source = await openSource(path, { ...options.source, files: options.files })
    const place = { number: i + 1, count, source }
    const telling = (): boolean => {
      onLook?.(place)
      return stopped?.() === true
    }
    try {
      onLook?.(place)
      await lookAtInput({ ...options, stopped: telling }, source, path, found)
    } finally {
      await source.close()
    }
  }
  return found
}

async function lookAtInput(
  options: InferOptions,
  source: ByteSource,
  path: string,
  found: Findings,
): Promise<void> {
  const left = (options.sample ?? Infinity) - found.rows
  const { names, hasNames } = found.fields ?? {}
  const isFirst = found.inputs.length === 0
  const settled = {
    names: hasNames === true ? names?.flatMap(name => name ?? []) : undefined,
    assumes: isFirst && options.assumesHeader === true ? ('first' as const) : found.assumedHeader,
  }
  const reader = await openReader(source, {
    ...options.reader,
    settled,
    // The first input decides the layout for all inputs.
    ...(isFirst ? { isForNewTable: true } : found.quotes && quotesDialect(found.quotes)),
  })
  if (isFirst) {
    found.quotes = reader.foundQuotes
    found.assumedHeader = reader.assumedHeader
  }
  if (left > 0 && !(reader.recordKind === 'fields' && reader.fieldCount === 0)) {
    await lookAtRecords(options, source, reader, left, found)
  }
  const rows = reader.recordsRead
  const bytes = reader.byteCounts.rows + reader.byteCounts.rejected
  found.rows += rows
  found.recordBytes += bytes
  if (!reader.readToEnd && rows > 0) found.isComplete = false
  if (rows === 0 && left <= 0) found.isComplete = false
  found.totalBytes += contentBytes(source, reader, bytes)
  found.inputs.push({
    path,
    format: reader.format,
    compression: source.compression,
    encoding: reader.text.encoding,
    rows,
  })
}

/** Decompressed bytes of the input's records; estimated if a file was not read to its end. */
function contentBytes(source: ByteSource, reader: InputReader, read: number): number {
  if (reader.readToEnd || source.totalBytes === undefined || source.bytesRead === 0) return read
  return (source.totalBytes * source.contentBytesRead) / source.bytesRead
}

async function lookAtRecords(
  options: InferOptions,
  source: ByteSource,
  reader: InputReader,
  limit: number,
  found: Findings,
): Promise<void> {
  const { name: file } = source
  const rules = (found.rules ??= rulesOf(options.cells, reader))
  const look =
    reader.recordKind === 'members'
      ? memberLook(options, file, reader, found, rules)
      : fieldLook(options, file, reader, found, rules)
  // The reader treats every cell as text, because each column's probe looks for dates and percentages itself.
  const { nullTexts = [] } = options.cells
  const batches = reader.batches({
    mapping: look.mapping,
    cells: { nullTexts },
    batchRows,
    batchBytes,
    limit,
    ...(options.stopped === undefined ? {} : { stopped: options.stopped }),
    onBlock: look.onBlock,
    onReject(reject) {
      found.rejected++
      const { file: name, lineNumber, message } = reject
      found.firstCode ??= reject.code
      found.firstReject ??= `${name} line ${lineNumber}: ${message}`
    },
  })
  for await (const batch of batches) batch.release()
}

/** Advice for inputs whose header has another number of fields than every record. */
function raggedText({ firstCode }: Findings): string {
  if (firstCode !== 'DDB_INPUT_FIELD_COUNT') return ''
  return `. ${option('input.ragged')} pad fills missing fields with nulls, and cut drops fields that the header does not have`
}

/** Assumed number of columns for JSON and for templates of `mapping.set`: the real number is known only at the end. */
const expectedMembers = 256

type Look = Pick<Parameters<InputReader['batches']>[0], 'mapping' | 'onBlock'>

/** Reads fields as texts; the probes handle surrounding blanks and words for null. */
function fieldLook(
  options: InferOptions,
  file: string,
  reader: InputReader,
  found: Findings,
  rules: CellRules,
): Look & Required<Pick<Look, 'onBlock'>> {
  if (found.json !== undefined) throw mixed(file)
  const fields = (found.fields ??= inputFields(reader, options.byPosition))
  if (found.probes.length === 0) {
    const { columns, unused } = fieldColumns(options, fields)
    const isText = { isHeaderless: !fields.hasNames, findsSpellings: true }
    found.columns = columns
    found.unused = unused
    found.probes = columns.map(({ name }) => newProbe(options, name, rules, columns.length, isText))
  }
  const target = {
    columns: fields.used.map(i => ({ name: fields.keys[i]!, type: { type: 'STRING' as const } })),
  }
  const shape = {
    file,
    kind: 'fields' as const,
    names: reader.fieldNames,
    fieldCount: reader.fieldCount,
    headerLineNumber: reader.headerLineNumber,
    emptyFields: reader.emptyFields,
  }
  const match = fields.isByPosition ? 'position' : 'name'
  const mapping = mapAsFirst(target, shape, match, found)
  const fieldsOf: number[] = []
  for (const [i, { source }] of mapping.columns.entries()) {
    fieldsOf[fields.used[i]!] = source.kind === 'field' ? source.index : -1
  }
  const set = setLook(options, shape, fields.hasNames ? match : undefined, found, rules)
  for (const [i, field] of fieldsOf.entries()) if (set.fields.has(field)) found.takenFields.add(i)
  const own = found.columns.filter(
    ({ field, isMapped }) => isMapped || !found.takenFields.has(field),
  )
  checkRules(
    { ...options, set: { ...options.set, ...found.set?.templates } },
    own.map(({ name }) => name),
  )
  return {
    mapping,
    onBlock(block) {
      found.totals?.takeOut(block, file, reader.dialect?.delimiter.value ?? ',')
      for (const [i, { field }] of found.columns.entries()) {
        found.probes[i]!.look(block, fieldsOf[field]!, file)
      }
      set.look(block)
    },
  }
}

/** @throws {InputError} DDB_INPUT_COLUMN if the input lacks a column of the first input */
function mapAsFirst(
  target: TargetSchema,
  shape: InputShape,
  match: 'name' | 'position',
  { inputs: [first] }: Findings,
): ColumnMapping {
  try {
    return mapColumns(target, shape, { match })
  } catch (error) {
    if (first === undefined || !(error instanceof InputError)) throw error
    const names = new Set(shape.names)
    const lacking = target.columns.find(({ name }) => !names.has(name))
    if (error.code !== 'DDB_INPUT_COLUMN' || lacking === undefined) throw error
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `${shape.file} has different columns from ${first.path}, such as no "${lacking.name}": load files of each kind into a table of ` +
        `their own, chosen by a pattern or by ${option('input.include')}`,
      error.position,
    )
  }
}

/** Prepares to examine, in one input, the columns that templates fill (texts of `mapping.set` with names in braces). */
function setLook(
  options: InferOptions,
  shape: InputShape,
  match: 'name' | 'position' | undefined,
  found: Findings,
  rules: CellRules,
): TemplateLook {
  const named = options.names.read(shape.file)
  const { templates } = (found.set ??= setTexts(options.set, named.parts))
  return newTemplateLook(templates, shape, match, named, (name, isOfInput) => {
    const known = found.setProbes.get(name)
    if (known !== undefined) return known
    const probe = newProbe(options, name, isOfInput ? plainNumbers(rules) : rules, expectedMembers)
    found.setProbes.set(name, probe)
    return probe
  })
}

function memberLook(
  options: InferOptions,
  file: string,
  reader: InputReader,
  found: Findings,
  rules: CellRules,
): Look & Required<Pick<Look, 'onBlock'>> {
  if (found.fields !== undefined) throw mixed(file)
  const mapped = new Map(Object.entries(options.map).map(([target, source]) => [source, target]))
  const json = (found.json ??= new JsonColumns(
    source => newProbe(options, mapped.get(source) ?? source, rules, expectedMembers),
    hasNumberStyle(rules),
  ))
  const shape = { file, kind: 'members' as const, fieldCount: 0 }
  const set = setLook(options, shape, undefined, found, rules)
  const cells = {
    get bytes() {
      return json.bytes
    },
    field: (name: string) => json.cells(name),
  }
  for (const name of set.members) {
    if (!Object.values(options.map).includes(name)) found.takenMembers.add(name)
  }
  return {
    mapping: { columns: [], ignoreExtra: true, allowMissing: true },
    onBlock(block) {
      json.look(block, file, options.byPosition ? undefined : reader.elementNames)
      set.look(block, cells)
    },
  }
}

function mixed(file: string): UsageError {
  return usageError(
    `${file} is of a different kind from the inputs before it: examine delimited text and JSON separately`,
  )
}

function newProbe(
  { types = [] }: InferOptions,
  name: string,
  rules: CellRules,
  columnCount: number,
  options: Partial<Pick<ProbeOptions, 'isHeaderless' | 'findsSpellings'>> = {},
): ColumnProbe {
  const share = Math.floor(maxDistinctTexts / columnCount)
  const maxDistinct = Math.max(leastDistinct, Math.min(mostDistinct, share))
  const type = types.find(one => one.name === name)?.type
  return new ColumnProbe({ name, rules, maxDistinct, type, ...options })
}

/** Adds a decimal comma that was detected with the delimiter, as `load` does. */
function rulesOf(cells: InferOptions['cells'], reader: InputReader): CellRules {
  const rules = { ...cells, columnOffsets: columnOffsets(cells) }
  if (reader.dialect === undefined) return rules
  const { value } = decimalCommaFor(reader.dialect.decimalComma.value, cells, [])
  return { ...rules, decimalComma: value }
}
