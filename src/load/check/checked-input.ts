/*
  One input of a check: how its records become rows, and the content of its fields in one record.
*/
import { DdbError } from '../../errors.js'
import { recordFormat, type OpenedReader } from '../../parse/formats.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import { isNullAt } from '../../protocol/element.js'
import {
  fieldsUsed,
  textSources,
  type CellSource,
  type ColumnMapping,
} from '../../schema/cell-source.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { LoadOptions } from '../options.js'
import type { CheckedField } from './check-result.js'
import { memberNames, recordTexts, shownElement, type RecordReading } from './record-texts.js'

export interface CheckedInput {
  readonly path: string
  readonly mapping: ColumnMapping
  /** Names of the input's fields; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
  readonly recordKind: OpenedReader['recordKind']
  /** True if the input has no records, not even a header. */
  readonly isEmpty: boolean
  /** Why input and target do not fit; undefined if they fit. */
  readonly failure: DdbError | undefined
  readonly isUnfit: boolean
  isWhole: boolean
  sample: Sample | undefined
  /** How each target column is read, followed by fields that no column takes. */
  fields(): Promise<CheckedField[]>
}

/** A record, and its values by target column; no values if the record did not become a row. */
interface Sample {
  readonly values: readonly string[]
  readonly record: Uint8Array
}

/** How many rows of a batch are searched for the one with the fewest nulls. */
const lookedRows = 1_000

/** A row that shows as many values as possible. */
export function sampleOf(batch: Batch): Sample {
  const { columns, rowCount } = batch
  let fewest = columns.length + 1
  let chosen = 0
  for (let row = 0; row < Math.min(rowCount, lookedRows) && fewest > 0; row++) {
    const nulls = columns.reduce((sum, column) => sum + Number(isNullAt(column, row)), 0)
    if (nulls < fewest) [fewest, chosen] = [nulls, row]
  }
  const values = columns.map(column => shownElement(column, chosen))
  return { values, record: batch.record(chosen).slice() }
}

/**
 * @param map  throws if target and input do not fit; undefined without a target
 * @param texts  taken from the input's path, for columns that contain them
 * @throws what `map` throws, except a DdbError, which becomes `failure`
 */
export function openedInput(
  path: string,
  reader: OpenedReader,
  options: LoadOptions,
  map: (() => ColumnMapping) | undefined,
  texts: InputTexts,
): CheckedInput {
  const { mapping, failure } = mappingOf(reader, map)
  const isUnfit = map === undefined || failure !== undefined
  const { fieldNames, fieldCount, recordKind } = reader
  const reading = { ...readingOf(reader, options), texts }
  const isEmpty = recordKind === 'fields' && fieldCount === 0
  const input: CheckedInput = {
    path,
    mapping,
    fieldNames,
    recordKind,
    isEmpty,
    failure,
    isUnfit,
    isWhole: false,
    sample: undefined,
    async fields() {
      if (isEmpty) return []
      const { values, record } = input.sample ?? { values: [], record: new Uint8Array(0) }
      const columns = isUnfit ? [] : mapping.columns
      const own = columns.map(({ source }) => source)
      const isFields = recordKind === 'fields'
      const others = isFields
        ? otherFields(fieldCount, own)
        : await (isUnfit ? membersOf(record, reading) : [])
      const sources = [...own, ...others]
      // A record that is read by itself has no line number.
      const known = sources.map(one => (hasLine(one) ? noText : one))
      const found = await recordTexts(record, reading, known)
      return sources.map((source, i) => ({
        ...placeOf(source, fieldNames),
        text: source.kind === 'constant' ? source.text : hasLine(source) ? null : found[i]!,
        column: columns[i]?.name ?? null,
        value: (i < columns.length ? values[i] : undefined) ?? null,
      }))
    },
  }
  return input
}

const noText: CellSource = { kind: 'constant', text: '' }

function hasLine(source: CellSource): boolean {
  return source.kind !== 'constant' && textSources(source).some(({ kind }) => kind === 'line')
}
function mappingOf(
  reader: OpenedReader,
  map: (() => ColumnMapping) | undefined,
): Pick<CheckedInput, 'mapping' | 'failure'> {
  try {
    return { mapping: map?.() ?? textMapping(reader), failure: undefined }
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return { mapping: textMapping(reader), failure: error }
  }
}

/** Maps every field as text; for JSON, the whole record is the only text. */
function textMapping({ recordKind, fieldCount }: OpenedReader): ColumnMapping {
  const sources: CellSource[] =
    recordKind === 'members' ? [{ kind: 'constant', text: '' }] : otherFields(fieldCount, [])
  return {
    columns: sources.map((source, i) => ({ name: `c${i}`, type: { type: 'STRING' }, source })),
    ignoreExtra: true,
    allowMissing: true,
  }
}

function readingOf(
  { format, dialect, text: { encoding, mark } }: OpenedReader,
  { input: { trim, quotes } = {} }: LoadOptions,
): Omit<RecordReading, 'texts'> {
  const text = { encoding, mark }
  if (dialect === undefined) return { text, options: { format: recordFormat(format) } }
  const { delimiter, quote, escape } = dialect
  return {
    text,
    options: {
      format,
      delimiter: delimiter.value,
      quote: quote.value,
      escape: escape.value,
      header: 'no',
      trim,
      quotes,
    },
  }
}

async function membersOf(
  record: Uint8Array,
  { text }: Pick<RecordReading, 'text'>,
): Promise<CellSource[]> {
  return (await memberNames(record, text)).map(name => ({ kind: 'member', name }))
}

function otherFields(fieldCount: number, sources: readonly CellSource[]): CellSource[] {
  const taken = fieldsUsed(sources)
  return Array.from({ length: fieldCount }, (_, index) => index)
    .filter(index => !taken.has(index))
    .map(index => ({ kind: 'field', index }))
}

function placeOf(
  source: CellSource,
  names: RecordShape['fieldNames'],
): Pick<CheckedField, 'source' | 'position'> {
  switch (source.kind) {
    case 'field':
      return { source: names?.[source.index] ?? null, position: source.index + 1 }
    case 'member':
      return { source: source.name, position: null }
    case 'constant':
    case 'template':
      return { source: null, position: null }
  }
}
