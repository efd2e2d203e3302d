/* Reads the inputs as `load` does, and collects what their columns hold. The first input decides the layout for all inputs. */
import { InputError, option, usageError, type ErrorCode } from '../errors.js'
import { columnOffsets, type CellOptions, type CellRules } from '../parse/cell-rules.js'
import { hasNumberStyle, plainNumbers } from '../parse/cells/read-number.js'
import type { AssumedHeader } from '../parse/csv/assume-header.js'
import type { FoundQuotes } from '../parse/csv/csv-dialect.js'
import { decimalCommaFor } from '../parse/csv/decimal-comma.js'
import { openReader, type InputFormat, type ReaderOptions } from '../parse/formats.js'
import { inputShape, type InputReader } from '../parse/record-reader.js'
import type { Files } from '../platform/platform.js'
import {
  fieldsUsed,
  isOfInput,
  sourceNames,
  textSources,
  type ColumnMapping,
  type InputShape,
  type MappingRules,
} from '../schema/cell-source.js'
import { mapColumns } from '../schema/column-mapping.js'
import type { TargetSchema } from '../schema/target-schema.js'
import type { ByteSource } from '../source/byte-source.js'
import { openSource, type SourceOptions } from '../source/open-source.js'
import type { PathReader, NamedTexts } from '../source/data-files.js'
import type { TypeWishes } from './choose-type.js'
import { checkRules, fieldColumns, inputFields, targetNames } from './column-names.js'
import type { FieldColumn, InputFields, NameRules } from './column-names.js'
import { ColumnProbe, type ProbeOptions } from './column-probe.js'
import { JsonColumns } from './json-columns.js'
import type { Totals } from './totals.js'
import { cellsOf, oneRow, TemplateText } from '../parse/columns/template-text.js'
import { NullTexts } from '../parse/types/cell-types.js'
import type { RecordBlock } from '../parse/record-block.js'
import { templateNames } from '../schema/set-columns.js'

export interface InferOptions extends TypeWishes, NameRules {
  /** Paths of files, or `-`. */
  readonly paths: readonly string[]
  readonly files: Files
  readonly source: Pick<SourceOptions, 'compression' | 'encoding' | 'stdin'>
  readonly reader: ReaderOptions
  readonly cells: CellRules & Pick<CellOptions, 'offsets'>
  /** Finds the texts that `input.path` takes from the inputs' paths. */
  readonly names: PathReader
  /** True to identify columns by position, even if the input has a header. */
  readonly byPosition: boolean
  /** True if later inputs may have columns that the first lacks. */
  readonly ignoreExtra?: boolean | undefined
  /** True to guess whether an unclear first record is a header. Only for callers that show the guess before a load. */
  readonly assumesHeader?: boolean
  /** Limit of the records to examine; default all. */
  readonly sample?: number
  /** Asked before every piece of input; true ends the examination. */
  readonly stopped?: () => boolean
  /** Called before each input is opened, and before each piece of an input is read. */
  readonly onLook?: (place: ReadingPlace) => void
}

export interface ReadingPlace {
  /** Number of the input, from 1, and the count of all inputs. */
  readonly number: number
  readonly count: number
  /** The open input, whose `bytesRead` grows; undefined before it is open. */
  readonly source: Pick<ByteSource, 'bytesRead' | 'totalBytes'> | undefined
}

export interface InferredInput {
  readonly path: string
  readonly format: InputFormat
  readonly compression: string
  readonly encoding: string
  readonly rows: number
}

/** Small batches suffice, because each one is released unread. */
const batchRows = 10_000
const batchBytes = 4 * 1024 * 1024
/** Limits of the number of different texts to remember: for all columns together, and for a single column. */
const maxDistinctTexts = 2 ** 21
const mostDistinct = 65_536
const leastDistinct = 1024
/** Assumed number of columns for JSON and for templates of `mapping.set`: the real number is known only at the end. */
const expectedMembers = 256

type Look = Required<Pick<Parameters<InputReader['batches']>[0], 'mapping' | 'onBlock'>>

export class Findings {
  rows = 0
  /** Number of records that no table could hold; the reason for the first of them, and its code. */
  rejected = 0
  firstReject: string | undefined
  firstCode: ErrorCode | undefined
  readonly inputs: InferredInput[] = []
  /** `recordBytes` counts the bytes of examined records; `totalBytes` those of all inputs, partly estimated. */
  recordBytes = 0
  totalBytes = 0
  /** False if the inputs have rows that were not examined. */
  isComplete = true
  /** Fields of the first input that has columns. */
  fields: InputFields | undefined
  columns: readonly (FieldColumn & { readonly probe: ColumnProbe })[] = []
  /** Names of fields that fill no column, because `mapping.set` fills their columns. */
  unused: readonly string[] = []
  json: JsonColumns | undefined
  rules: CellRules | undefined
  /** The unusual meaning of quotes in the first input. */
  quotes: FoundQuotes | undefined
  /** Whether the first record of the first input was assumed to be a header; undefined if nothing was assumed. */
  assumedHeader: AssumedHeader | undefined
  /** Target column → template, for the first input; undefined before the first input is read. */
  templates: Readonly<Record<string, string>> | undefined
  readonly setProbes = new Map<string, ColumnProbe>()
  /** Members that templates use. Such a member becomes a column of its own only if `mapping.map` names it, too. */
  readonly takenMembers = new Set<string>()
  /** The templates of the last input that has columns. */
  #set: TemplateLook | undefined
  readonly #options: InferOptions
  readonly #totals: Totals | undefined

  /** @param totals  removes records with sums, such as `Total,300`; undefined keeps such records */
  constructor(options: InferOptions, totals: Totals | undefined) {
    this.#options = options
    this.#totals = totals
  }

  /** Examines all inputs. @throws {InputError} if one cannot be read @throws {UsageError} DDB_USAGE for rules that do not fit */
  async look(): Promise<this> {
    const { onLook, paths, files, source: given } = this.#options
    for (const [i, path] of paths.entries()) {
      const opening = { number: i + 1, count: paths.length, source: undefined }
      onLook?.(opening)
      const source = await openSource(path, { ...given, files })
      const place = { ...opening, source }
      try {
        onLook?.(place)
        await this.#lookAt(path, source, place)
      } finally {
        await source.close()
      }
    }
    // A table can be made from a header alone.
    if (this.rows === 0) this.#set?.lookWithoutRows()
    return this
  }

  async #lookAt(path: string, source: ByteSource, place: ReadingPlace): Promise<void> {
    const { sample = Infinity, assumesHeader, reader: given } = this.#options
    const left = sample - this.rows
    const { names, hasNames } = this.fields ?? {}
    const isFirst = this.inputs.length === 0
    const settled = {
      names: hasNames === true ? names?.flatMap(name => name ?? []) : undefined,
      assumes: isFirst && assumesHeader === true ? ('first' as const) : this.assumedHeader,
    }
    const reader = await openReader(source, {
      ...given,
      settled,
      ...(isFirst ? { isForNewTable: true } : this.quotes?.options),
    })
    if (isFirst) {
      this.quotes = reader.foundQuotes
      this.assumedHeader = reader.assumedHeader
    }
    if (left > 0 && !(reader.recordKind === 'fields' && reader.fieldCount === 0)) {
      await this.#records(source.name, reader, left, place)
    }
    const rows = reader.recordsRead
    const bytes = reader.byteCounts.rows + reader.byteCounts.rejected
    this.rows += rows
    this.recordBytes += bytes
    if (rows > 0 ? !reader.readToEnd : left <= 0) this.isComplete = false
    const { format, readToEnd } = reader
    const { compression, text, totalBytes, bytesRead, contentBytesRead } = source
    const isWhole = readToEnd || totalBytes === undefined || bytesRead === 0
    // Decompressed bytes of the records, estimated if the file was not read to its end.
    this.totalBytes += isWhole ? bytes : (totalBytes * contentBytesRead) / bytesRead
    this.inputs.push({ path, format, compression, encoding: text.encoding, rows })
  }

  async #records(
    file: string,
    reader: InputReader,
    limit: number,
    place: ReadingPlace,
  ): Promise<void> {
    const { cells, onLook, stopped } = this.#options
    // With a decimal comma that was detected with the delimiter, as in `load`.
    const comma = reader.dialect && decimalCommaFor(reader.dialect.decimalComma.value, cells, [])
    const rules: CellRules = (this.rules ??= {
      ...{ ...cells, columnOffsets: columnOffsets(cells) },
      ...(comma && { decimalComma: comma.value }),
    })
    const isJson = reader.recordKind === 'members'
    if ((isJson ? this.fields : this.json) !== undefined) {
      throw usageError(
        `${file} is of a different kind from the inputs before it: examine delimited text and JSON separately`,
      )
    }
    // The reader treats every cell as text, because each column's probe looks for dates and percentages itself.
    const shape = inputShape(reader, file)
    const batches = reader.batches({
      ...(isJson ? this.#memberLook(shape, reader, rules) : this.#fieldLook(shape, reader, rules)),
      cells: { nullTexts: cells.nullTexts ?? [] },
      batchRows,
      batchBytes,
      limit,
      stopped() {
        onLook?.(place)
        return stopped?.() === true
      },
      onReject: ({ file: name, lineNumber, message, code }) => {
        this.rejected++
        this.firstCode ??= code
        this.firstReject ??= `${name} line ${lineNumber}: ${message}`
      },
    })
    for await (const batch of batches) batch.release()
  }

  /** Reads fields as texts; the probes handle surrounding blanks and words for null. */
  #fieldLook(shape: InputShape, reader: InputReader, rules: CellRules): Look {
    const options = this.#options
    const fields = (this.fields ??= inputFields(shape, options.byPosition))
    const { isByPosition, names, used } = fields
    const type = { type: 'STRING' as const }
    const target = used.map(i => ({
      ...{ name: isByPosition ? String(i) : names[i]!, type },
      maxBytes: Infinity,
    }))
    const match = isByPosition ? 'position' : 'name'
    const set = this.#setLook(shape, match, rules)
    if (this.columns.length === 0) {
      const { columns, unused } = fieldColumns(options, fields, set.fields)
      const own = columns.map(({ name }) => name)
      checkRules({ ...options, set: this.templates ?? {} }, own)
      const isHeaderless = !fields.hasNames
      this.columns = columns.map(one => ({
        ...one,
        probe: this.#probe(one.name, rules, columns.length, { isHeaderless }),
      }))
      this.unused = unused
    }
    const { ignoreExtra = false } = options
    const mapping = this.#mapAsFirst({ columns: target }, shape, { match, ignoreExtra })
    const sources = mapping.columns.map(({ source }) => source)
    const indexes = sources.map(source => (source.kind === 'field' ? source.index : -1))
    const indexOf = new Map(used.map((field, i) => [field, indexes[i]!]))
    return {
      mapping,
      onBlock: block => {
        this.#totals?.takeOut(block, shape.file, reader.dialect!.delimiter.value)
        for (const { field, probe } of this.columns)
          probe.look(block, indexOf.get(field)!, shape.file)
        set.look(block)
      },
    }
  }

  /** @throws {InputError} DDB_INPUT_COLUMN if the input lacks a column of the first input */
  #mapAsFirst(target: TargetSchema, shape: InputShape, rules: MappingRules): ColumnMapping {
    const [first] = this.inputs
    try {
      return mapColumns(target, shape, rules)
    } catch (error) {
      if (first === undefined || !(error instanceof InputError)) throw error
      const lacking = target.columns.find(({ name }) => shape.names?.includes(name) !== true)
      if (error.code !== 'DDB_INPUT_COLUMN' || lacking === undefined) throw error
      throw new InputError(
        'DDB_INPUT_COLUMN',
        `${shape.file} has different columns from ${first.path}, such as no "${lacking.name}": load files of each kind into a table of their own, chosen by a pattern or by ${option('input.include')}`,
        error.position,
      )
    }
  }

  #memberLook(shape: InputShape, reader: InputReader, rules: CellRules): Look {
    const { map, byPosition } = this.#options
    const mapped = Object.values(map)
    // Options name the column of the table.
    const nameOf = (source: string): string => targetNames(this.#options, [source])[0]!
    const json = (this.json ??= new JsonColumns(
      (source, kinds) => this.#probe(nameOf(source), rules, expectedMembers, { kinds }),
      hasNumberStyle(rules),
    ))
    const set = this.#setLook(shape, 'name', rules)
    for (const name of set.members) if (!mapped.includes(name)) this.takenMembers.add(name)
    return {
      mapping: { columns: [], ignoreExtra: true, allowMissing: true },
      onBlock(block) {
        json.look(block, shape.file, byPosition ? undefined : reader.elementNames)
        set.look(block, json)
      },
    }
  }

  /** Prepares to examine, in one input, the columns that templates fill (texts of `mapping.set` with names in braces). */
  #setLook(shape: InputShape, match: 'name' | 'position', rules: CellRules): TemplateLook {
    const { names, set } = this.#options
    const named = names.read(shape.file)
    if (this.templates === undefined) {
      // Each part of the path that no template uses or fills is a column, too.
      const held = new Set([...templateNames(set), ...Object.keys(set)])
      const free = named.parts.filter(name => !held.has(name))
      this.templates = { ...set, ...Object.fromEntries(free.map(name => [name, `{${name}}`])) }
    }
    this.#set = newTemplateLook(this.templates, shape, match, rules, named, (name, isOfInput) => {
      const own = isOfInput ? plainNumbers(rules) : rules
      const probe = this.setProbes.get(name) ?? this.#probe(name, own, expectedMembers)
      this.setProbes.set(name, probe)
      return probe
    })
    return this.#set
  }

  #probe(
    name: string,
    rules: CellRules,
    columnCount: number,
    options: Pick<ProbeOptions, 'kinds' | 'isHeaderless'> = {},
  ): ColumnProbe {
    const share = Math.floor(maxDistinctTexts / columnCount)
    const maxDistinct = Math.max(leastDistinct, Math.min(mostDistinct, share))
    const type = this.#options.types?.find(one => one.name === name)?.type
    return new ColumnProbe({ name, rules, maxDistinct, type, ...options })
  }
}

type TemplateLook = ReturnType<typeof newTemplateLook>

/**
 * Examines the columns that are filled by parts of paths or by templates. Builds their texts as a run does. Fields that templates use do not
 * become columns themselves.
 * @param probeOf  returns the probe of a column; `isOfInput` means that the column depends only on the input's path
 * @throws {InputError} DDB_INPUT_COLUMN if the input lacks a field that a template names
 * @throws {UsageError} DDB_USAGE for templates that do not fit the input
 */
function newTemplateLook(
  templates: Readonly<Record<string, string>>,
  shape: InputShape,
  match: 'name' | 'position',
  { nullTexts = [] }: CellRules,
  { parts, texts }: NamedTexts,
  probeOf: (name: string, isOfInput: boolean) => ColumnProbe,
) {
  const columns = Object.keys(templates).map(name => ({ name, type: { type: 'STRING' as const } }))
  const rules = { set: templates, parts, ignoreExtra: true, match }
  const mapping = mapColumns({ columns }, shape, rules)
  const looks = mapping.columns.map(({ name, source }) => {
    const pieces = textSources(source)
    const text = new TemplateText(pieces)
    text.setTexts(texts)
    return { probe: probeOf(name, pieces.every(isOfInput)), pieces, text }
  })
  const fields = fieldsUsed(mapping.columns.map(({ source }) => source))
  const nulls = new NullTexts(nullTexts)
  return {
    /** Indexes of the fields, and names of the JSON members, that the templates of `mapping.set` use. */
    fields,
    members: sourceNames(mapping, 'member'),
    /** @param json  the members in the block of JSON */
    look(block: RecordBlock, json?: JsonColumns): void {
      for (const field of fields) nulls.apply(block, field, true)
      for (const { probe, pieces, text } of looks) {
        const cells = pieces.flatMap(one =>
          one.kind === 'field'
            ? cellsOf(block, [one.index])
            : one.kind === 'member'
              ? json!.cells(one.name)
              : [],
        )
        const composed = text.compose({ ...block, numberCells: undefined }, cells)
        composed.lineNumbers.set(block.lineNumbers.subarray(0, block.rowCount))
        probe.look(composed, 0, shape.file)
      }
    },
    /** Examines the texts that depend only on the input, as if it had a row. */
    lookWithoutRows(): void {
      for (const { probe, pieces, text } of looks) {
        if (pieces.every(isOfInput)) probe.look(text.compose(oneRow, []), 0, shape.file)
      }
    },
  }
}
