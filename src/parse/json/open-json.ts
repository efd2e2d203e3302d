/*
  Opens NDJSON and JSON: members are matched by name, so nothing has to be read before the columns are known.
*/
import type { ByteSource } from '../../source/byte-source.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import { BlockReader } from '../block-reader.js'
import { hasNumberStyle } from '../cells/number-style.js'
import { elementSeparator } from '../columns/array-column.js'
import { jsonLines } from './json-lines.js'
import { jsonMembers } from './json-members.js'
import { parseJsonPath } from './json-path.js'
import { JsonRecords } from './json-records.js'
import { JsonScanner } from './json-scanner.js'
import { JsonValues, oneLine } from './json-values.js'
import type {
  Batch,
  BatchOptions,
  ByteCounts,
  ColumnCounts,
  InputReader,
  RecordShape,
} from '../input-reader.js'
import { RecordBlock } from '../record-block.js'
import { textShape } from '../text-shape.js'
import { defaultMaxRecordBytes, type Tokenizer } from '../tokenizer.js'

/** What is known of JSON besides its kind. */
export interface JsonOptions {
  /** Where the records are in each document; makes it `json`, whatever its lines. */
  readonly jsonPath?: string
  /** Longer objects are rejected; in `json` they end the reading. */
  readonly maxRecordBytes?: number
}

/**
 * Opens JSON of either kind; nothing is read before `batches` is called.
 *
 * @throws {UsageError} DDB_USAGE when the path is not one
 */
export function openJson(
  source: ByteSource,
  format: 'ndjson' | 'json',
  { jsonPath, maxRecordBytes = defaultMaxRecordBytes }: JsonOptions = {},
): InputReader<'ndjson' | 'json'> {
  if (jsonPath === undefined) return new JsonReader(source, format, maxRecordBytes, [])
  return new JsonReader(source, 'json', maxRecordBytes, parseJsonPath(jsonPath))
}

const jsonShape: Omit<RecordShape, 'text'> = {
  delimiter: undefined,
  fieldNames: undefined,
  fieldCount: 0,
  headerBytes: undefined,
}

class JsonReader implements InputReader<'ndjson' | 'json'> {
  readonly recordKind = 'members'
  readonly format: 'ndjson' | 'json'
  readonly delimiter = undefined
  readonly dialect = undefined
  readonly isHeaderGuessed = false
  readonly raggedRecords = 0
  readonly fieldNames = undefined
  readonly fieldCount = 0
  readonly headerBytes = undefined
  readonly headerLineNumber = undefined
  readonly text: SourceText
  readonly #source: ByteSource
  readonly #maxRecordBytes: number
  readonly #pathNames: readonly string[]
  #tokenizer: Tokenizer | undefined
  #blocks: BlockReader | undefined

  constructor(
    source: ByteSource,
    format: 'ndjson' | 'json',
    maxRecordBytes: number,
    pathNames: readonly string[],
  ) {
    this.format = format
    this.#source = source
    this.text = source.text
    this.#maxRecordBytes = maxRecordBytes
    this.#pathNames = pathNames
  }

  get recordsRead(): number {
    return this.#blocks?.recordsRead ?? 0
  }

  get byteCounts(): ByteCounts {
    return {
      ...(this.#blocks?.byteCounts ?? { rows: 0, rejected: 0 }),
      header: 0,
      other: this.#source.startOffsetBytes + (this.#tokenizer?.otherBytes ?? 0),
      skipped: this.#tokenizer?.skippedBytes ?? 0,
    }
  }

  get readToEnd(): boolean {
    return this.#blocks?.readToEnd ?? false
  }

  get columnCounts(): readonly ColumnCounts[] {
    return this.#blocks?.columnCounts ?? []
  }

  async *batches(options: BatchOptions): AsyncGenerator<Batch, void, void> {
    const { name, startOffsetBytes } = this.#source
    const { mapping, cells = {} } = options
    const members = jsonMembers(mapping, cells)
    const scanner = new JsonScanner(this.format === 'json')
    const { ignoreExtra, allowMissing } = mapping
    const { lenient = false } = cells
    const records = new JsonRecords(scanner, members, { ignoreExtra, allowMissing, lenient })
    const { text } = this
    const maxBytes = this.#maxRecordBytes
    const tokenizer =
      this.format === 'json'
        ? new JsonValues(name, scanner, records, maxBytes, startOffsetBytes, text, this.#pathNames)
        : jsonLines(name, scanner, records, maxBytes, startOffsetBytes, text)
    this.#tokenizer = tokenizer
    const block = new RecordBlock(members.length)
    // The style of numbers in texts is not that of JSON's own.
    if (hasNumberStyle(cells)) block.numberCells = new Uint8Array(block.starts.length)
    const blocks = new BlockReader(
      {
        file: name,
        tokenizer,
        chunks: this.#source.chunks(),
        skipTo: this.#source.skipTo,
        block,
        shape: { ...jsonShape, text: textShape(text) },
        text,
        fieldOf: ({ source }) =>
          source.kind === 'member' ? members.findIndex(member => member.name === source.name) : -1,
        ...(this.format === 'json' ? { showRecord: record => oneLine(record, text.encoding) } : {}),
        arrayDelimiter: String.fromCharCode(elementSeparator),
      },
      options,
    )
    this.#blocks = blocks
    yield* blocks.batches()
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}
