/*
  Looks at every value of inputs, read as `load` reads them, and says what a table for them would look like.
*/
import { InputError, UsageError } from '../errors.js'
import { columnOffsets } from '../parse/cells/column-offset.js'
import { hasNumberStyle } from '../parse/cells/number-style.js'
import { decimalCommaFor } from '../parse/csv/row-target.js'
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import { tableDialect, type FoundTable } from '../parse/csv/find-table.js'
import type { InputReader } from '../parse/input-reader.js'
import { openReader, type ReaderOptions } from '../parse/formats.js'
import type { Files } from '../platform/platform.js'
import { mapColumns } from '../schema/column-mapping.js'
import type { TargetColumn } from '../schema/target-schema.js'
import type { ByteSource } from '../source/byte-source.js'
import { openSource, stdinName, type SourceOptions } from '../source/open-source.js'
import { chooseType, type ChoiceOptions, type ChosenType, type SeenKinds } from './choose-type.js'
import { fieldColumns, type FieldColumn } from './field-columns.js'
import { checkRules, targetNames } from './column-names.js'
import { ColumnProbe, constantProbe, type ProbeOptions } from './column-probe.js'
import { columnOf, reasonOf } from './found-column.js'
import type { InferredColumn, InferredInput, InferredSchema, LeftOut } from './inferred-schema.js'
import { JsonColumns } from './json-columns.js'
import { inputFields, type InputFields } from './input-fields.js'
import { noSharedNeeds, settleTypes } from './settle-types.js'

/** What is to be looked at, and how it is read. */
export interface InferOptions {
  /** Files, or `-`. */
  readonly paths: readonly string[]
  readonly files: Files
  readonly source: Pick<SourceOptions, 'compression' | 'encoding' | 'stdin'>
  readonly reader: ReaderOptions
  readonly cells: CellRules & Pick<CellOptions, 'offsets'>
  /** Target column → column of the input. */
  readonly map: Readonly<Record<string, string>>
  /** Target column → the same text in every row. */
  readonly set: Readonly<Record<string, string>>
  /** Types of columns, whatever is found. */
  readonly types?: readonly TargetColumn[]
  /** Columns are told apart by position, whatever a header says. */
  readonly byPosition: boolean
  /** The table is to be a DFS table. */
  readonly intoDfs: boolean
  /** Nothing is found that options would have to say of all columns alike. */
  readonly isPlain?: boolean
  /** Pairs such as yes and no are to be BOOL, whose words have to be said; they are texts otherwise. */
  readonly proposesTruths?: boolean
  /** Most records to look at; all when left out. */
  readonly sample?: number
  /** Asked before every piece of input. */
  readonly stopped?: () => boolean
}

/** Small batches: nothing of them is kept. */
const batchRows = 10_000
const batchBytes = 4 * 1024 * 1024
/** Different texts that are remembered, of all columns and of one. */
const maxDistinctTexts = 2 ** 21
const mostDistinct = 65_536
const leastDistinct = 1024

/** What several inputs add up to. */
interface Found {
  rows: number
  rejected: number
  firstReject: string | undefined
  readonly inputs: InferredInput[]
  /** Content bytes of records looked at, and of all inputs, as far as is known. */
  recordBytes: number
  totalBytes: number
  isComplete: boolean
  /** Of the first input that has columns. */
  fields: InputFields | undefined
  columns: readonly FieldColumn[]
  /** Fields that fill no column. */
  unused: readonly number[]
  /** One for each column. */
  probes: readonly ColumnProbe[]
  json: JsonColumns | undefined
  rules: CellRules | undefined
  table: FoundTable | undefined
}

/**
 * @throws {InputError} what reading throws; DDB_INPUT_COLUMN for inputs without columns, and for inputs whose columns differ
 * @throws {UsageError} DDB_USAGE for rules that do not suit
 */
export async function inferSchema(options: InferOptions): Promise<InferredSchema> {
  const found: Found = {
    rows: 0,
    rejected: 0,
    firstReject: undefined,
    inputs: [],
    recordBytes: 0,
    totalBytes: 0,
    isComplete: true,
    fields: undefined,
    columns: [],
    unused: [],
    probes: [],
    json: undefined,
    rules: undefined,
    table: undefined,
  }
  for (const path of options.paths) {
    const source = await openSource(path, { ...options.source, files: options.files })
    try {
      await lookAtInput(options, source, path, found)
    } finally {
      await source.close()
    }
  }
  const schema = schemaOf(options, found)
  if (schema.columns.length > 0) return schema
  const file = options.paths[0] === '-' ? stdinName : (options.paths[0] ?? '')
  throw new InputError(
    'DDB_INPUT_COLUMN',
    found.rejected === 0
      ? `${file} has no columns: it is empty`
      : `${file} has no record that can be read; the first: ${found.firstReject}`,
    { file },
  )
}

async function lookAtInput(
  options: InferOptions,
  source: ByteSource,
  path: string,
  found: Found,
): Promise<void> {
  const left = (options.sample ?? Infinity) - found.rows
  const { names, hasNames } = found.fields ?? {}
  const settled = { names: hasNames === true ? names?.flatMap(name => name ?? []) : undefined }
  const reader = await openReader(source, {
    ...options.reader,
    settled,
    // What is found of the first input is said of all.
    ...(found.inputs.length === 0
      ? { findsTable: options.isPlain !== true }
      : found.table && tableDialect(found.table)),
  })
  if (found.inputs.length === 0) found.table = reader.foundTable
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

/** Of records, decompressed; of a compressed file that was not read to its end, by the share that was. */
function contentBytes(source: ByteSource, reader: InputReader, read: number): number {
  if (reader.readToEnd || source.totalBytes === undefined || source.bytesRead === 0) return read
  return (source.totalBytes * source.contentBytesRead) / source.bytesRead
}

async function lookAtRecords(
  options: InferOptions,
  source: ByteSource,
  reader: InputReader,
  limit: number,
  found: Found,
): Promise<void> {
  const { name: file } = source
  const rules = (found.rules ??= rulesOf(options.cells, reader))
  const look =
    reader.recordKind === 'members'
      ? memberLook(options, file, found, rules)
      : fieldLook(options, file, reader, found, rules)
  // What dates and shares are is for the columns; here all are texts.
  const { nullTexts = [], nullQuoted = false } = options.cells
  const batches = reader.batches({
    mapping: look.mapping,
    cells: { nullTexts, nullQuoted },
    batchRows,
    batchBytes,
    limit,
    ...(options.stopped === undefined ? {} : { stopped: options.stopped }),
    onBlock: look.onBlock,
    onReject(reject) {
      found.rejected++
      found.firstReject ??= `${reject.file} line ${reject.lineNumber}: ${reject.message}`
    },
  })
  for await (const batch of batches) batch.release()
}

type Look = Pick<Parameters<InputReader['batches']>[0], 'mapping' | 'onBlock'>

/** Fields are texts; blanks around them and what means null is left to the columns. */
function fieldLook(
  options: InferOptions,
  file: string,
  reader: InputReader,
  found: Found,
  rules: CellRules,
): Look & Required<Pick<Look, 'onBlock'>> {
  if (found.json !== undefined) throw mixed(file)
  const fields = (found.fields ??= inputFields(reader, options.byPosition))
  if (found.probes.length === 0) {
    const { columns, unused } = fieldColumns(options, fields)
    const names = columns.map(({ name }) => name)
    const isHeaderless = !fields.hasNames
    const isText = { isHeaderless, findsSpellings: options.isPlain !== true }
    found.columns = columns
    found.unused = unused
    found.probes = names.map(name => newProbe(options, name, rules, names.length, isText))
    checkRules(options, names)
  }
  // What means null to one column is emptied, and may be a text to another.
  const isShared = new Set(found.columns.map(({ field }) => field)).size < found.columns.length
  const target = {
    columns: fields.keys.map(name => ({ name, type: { type: 'STRING' as const } })),
  }
  const shape = {
    file,
    kind: 'fields' as const,
    names: reader.fieldNames,
    fieldCount: reader.fieldCount,
    rowNames: reader.rowNames,
    headerLineNumber: reader.headerLineNumber,
  }
  const mapping = mapColumns(target, shape, { match: fields.isByPosition ? 'position' : 'name' })
  const fieldsOf = mapping.columns.map(({ source }) =>
    source.kind === 'field' ? source.index : -1,
  )
  return {
    mapping,
    onBlock(block) {
      const ends = isShared ? block.ends.slice() : undefined
      for (const [i, probe] of found.probes.entries()) {
        if (ends !== undefined) block.ends.set(ends)
        probe.look(block, fieldsOf[found.columns[i]!.field]!, file)
      }
    },
  }
}

function memberLook(
  options: InferOptions,
  file: string,
  found: Found,
  rules: CellRules,
): Look & Required<Pick<Look, 'onBlock'>> {
  if (found.fields !== undefined) throw mixed(file)
  // How many members there are shows only at the end.
  const expectedMembers = 256
  const mapped = new Map(Object.entries(options.map).map(([target, source]) => [source, target]))
  const json = (found.json ??= new JsonColumns(
    source => newProbe(options, mapped.get(source) ?? source, rules, expectedMembers),
    hasNumberStyle(rules),
  ))
  return {
    mapping: { columns: [], ignoreExtra: true, allowMissing: true },
    onBlock: block => json.look(block, file),
  }
}

function mixed(file: string): UsageError {
  return new UsageError(
    'DDB_USAGE',
    `${file} is of another kind than the inputs before it: look at delimited text and JSON one after the other`,
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

/** A decimal comma counts as found, as it does for `load`. */
function rulesOf(cells: InferOptions['cells'], reader: InputReader): CellRules {
  const rules = { ...cells, columnOffsets: columnOffsets(cells) }
  if (reader.dialect === undefined) return rules
  const { value } = decimalCommaFor(reader.dialect.decimalComma.value, cells, [])
  return { ...rules, decimalComma: value }
}

function schemaOf(options: InferOptions, found: Found): InferredSchema {
  const { json, fields, rows, recordBytes, totalBytes, isComplete } = found
  const leftOut: LeftOut[] = []
  let columns: InferredColumn[] = []
  let needs = noSharedNeeds
  if (json !== undefined) columns = memberColumns(options, json, leftOut)
  else if (fields !== undefined) {
    const settled = settleTypes(found.probes, options)
    needs = settled.needs
    const isNumbered = fields.isByPosition || !fields.hasNames
    const isSaid = fields.isSkipped === true || found.columns.some(({ isMapped }) => isMapped)
    const saysNumbers = isNumbered && isSaid
    columns = found.probes.map((probe, i) => {
      const { name, field, isMapped } = found.columns[i]!
      const column = columnOf(probe, name, fields.names[field], settled.types[i]!)
      return saysNumbers && !isMapped ? { ...column, fieldNumber: field + 1 } : column
    })
    const reason = 'its column is filled by `mapping.set`'
    leftOut.push(...found.unused.map(field => ({ source: fields.names[field]!, reason })))
  }
  if (columns.length > 0) columns.push(...constantColumns(options, found))
  const missing =
    json === undefined
      ? []
      : [...json.columns.values()].filter(one => !json.isObject(one) && json.missing(one) > 0)
  return {
    columns,
    leftOut,
    inputs: found.inputs,
    rows,
    isComplete,
    estimatedRows:
      isComplete || recordBytes === 0 ? rows : Math.ceil((rows * totalBytes) / recordBytes),
    rejected: found.rejected,
    firstReject: found.firstReject,
    needsPosition: fields?.isByPosition === true && fields.hasNames,
    needs,
    table: found.table,
    needsAllowMissing: missing.length > 0,
  }
}

function constantColumns({ set, intoDfs }: InferOptions, { rules, rows }: Found): InferredColumn[] {
  return Object.entries(set).map(([name, text]) => {
    const probe = constantProbe(name, text, rules ?? {})
    const column = columnOf(probe, name, undefined, chooseType(probe, undefined, alone(intoDfs)))
    const isNull = column.nulls > 0
    return { ...column, nulls: isNull ? rows : 0, textBytes: column.textBytes * rows }
  })
}

/** Where no column asks for anything that another one would have to take. */
const alone = (intoDfs: boolean): ChoiceOptions => ({
  intoDfs,
  shared: { takesWord: () => true, refusal: () => undefined },
})

function memberColumns(
  options: InferOptions,
  json: JsonColumns,
  leftOut: LeftOut[],
): InferredColumn[] {
  const taken: { source: string; probe: ColumnProbe; type: ChosenType }[] = []
  for (const column of json.columns.values()) {
    if (json.isObject(column)) continue
    const { source, probe, kinds, elementKinds } = column
    const seen: SeenKinds = { values: kinds, elements: elementKinds }
    const type = chooseType(probe, seen, alone(options.intoDfs))
    if (type === undefined) leftOut.push({ source, reason: reasonOf(seen) })
    else taken.push({ source, probe, type })
  }
  const names = targetNames(
    options,
    taken.map(({ source }) => source),
  )
  checkRules(options, names)
  return taken.map(({ source, probe, type }, i) => columnOf(probe, names[i]!, source, type))
}
