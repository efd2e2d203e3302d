/*
  One input of a check: how its records become rows, and the content of its fields.
*/
import { DdbError } from '../../errors.js'
import { recordFormat, type OpenedReader } from '../../parse/formats.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import { isNullAt } from '../../protocol/element.js'
import type { InputReader } from '../../parse/input-reader.js'
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
  readonly recordKind: InputReader['recordKind']
  /** True if the input has no records, not even a header. */
  readonly isEmpty: boolean
  /** Why input and target do not fit; undefined if they fit. */
  readonly failure: DdbError | undefined
  readonly isUnfit: boolean
  isWhole: boolean
  rows: number
  batches: number
  /** Bytes of the rows on the wire, and of the records in the input. */
  encodedBytes: number
  recordBytes: number
  sample: Sample | undefined
  /** How each target column is read, followed by fields that no column takes. */
  fields(): Promise<CheckedField[]>
}

/** Values of an input, with the records that they come from. */
interface Sample {
  /** By target column; empty if no record became a row. */
  readonly values: readonly { readonly text: string; readonly record: Uint8Array }[]
  readonly record: Uint8Array
}

/** How many rows of a batch are searched for a value that is not null. */
const lookedRows = 1_000

/** The first non-null value of each column, if the first rows have one. */
export function sampleOf(batch: Batch): Sample {
  const records = new Map<number, Uint8Array>()
  const recordOf = (row: number): Uint8Array => {
    const kept = records.get(row) ?? batch.record(row).slice()
    records.set(row, kept)
    return kept
  }
  const last = Math.min(batch.rowCount, lookedRows)
  const values = batch.columns.map(column => {
    let row = 0
    while (row < last && isNullAt(column, row)) row++
    if (row === last) row = 0
    return { text: shownElement(column, row), record: recordOf(row) }
  })
  return { values, record: recordOf(0) }
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
    rows: 0,
    batches: 0,
    encodedBytes: 0,
    recordBytes: 0,
    sample: undefined,
    async fields() {
      if (isEmpty) return []
      const { sample = { values: [], record: new Uint8Array(0) } } = input
      const columns = isUnfit ? [] : mapping.columns
      const fields: CheckedField[] = []
      for (const [i, { name, source }] of columns.entries()) {
        const { text: value = null, record = sample.record } = sample.values[i] ?? {}
        const [text = null] =
          source.kind === 'constant'
            ? [source.text]
            : textSources(source).some(({ kind }) => kind === 'line')
              ? []
              : await recordTexts(record, reading, [source])
        fields.push({ ...placeOf(source, fieldNames), text, column: name, value })
      }
      const others =
        recordKind === 'fields'
          ? otherFields(
              fieldCount,
              columns.map(({ source }) => source),
            )
          : await (isUnfit ? membersOf(sample.record, reading) : [])
      const texts = await recordTexts(sample.record, reading, others)
      for (const [i, source] of others.entries()) {
        const place = placeOf(source, fieldNames)
        fields.push({ ...place, text: texts[i] ?? null, column: null, value: null })
      }
      return fields
    },
  }
  return input
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
function textMapping({ recordKind, fieldCount }: InputReader): ColumnMapping {
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
