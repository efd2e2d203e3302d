/* Opens NDJSON and JSON. Members are matched by name, so the columns are known before an input is read. */
import * as ascii from '../ascii.js'
import { option, usageError } from '../../errors.js'
import type { ByteSource, SourceText } from '../../source/byte-source.js'
import { hasNumberStyle } from '../cells/read-number.js'
import { lineFeed } from '../window.js'
import { RecordBlock } from '../record-block.js'
import { JsonTokenizer } from './json-tokenizer.js'
import { jsonMembers } from './json-members.js'
import { JsonRecords } from './json-records.js'
import { attempt, JsonScanner } from './json-scanner.js'
import { recordReader, type InputReader } from '../record-reader.js'
import { defaultMaxRecordBytes } from '../line-tokenizer.js'

export interface JsonOptions {
  /** Path to the records in each document. With a path the format is `json`, even if each line is a value. */
  readonly jsonPath?: string | undefined
  /** Limit of an object in bytes. A longer object is rejected; in `json`, reading ends there. */
  readonly maxRecordBytes?: number
}

/** Reads nothing before the caller reads batches. @throws {UsageError} DDB_USAGE for an invalid path */
export function openJson(
  source: ByteSource,
  format: 'ndjson' | 'json',
  { jsonPath, maxRecordBytes = defaultMaxRecordBytes }: JsonOptions = {},
): InputReader {
  const isDocument = format === 'json' || jsonPath !== undefined
  const pathNames = jsonPath === undefined ? [] : parseJsonPath(jsonPath)
  const { name, startOffsetBytes, text } = source
  const found = {
    format: isDocument ? 'json' : 'ndjson',
    recordKind: 'members',
    ...{ dialect: undefined, fieldNames: undefined, fieldCount: 0 },
    ...{ headerBytes: undefined, headerLineNumber: undefined },
  } as const
  return recordReader(found, {
    source,
    records: ({ mapping, cells = {} }) => {
      const members = jsonMembers(mapping, cells)
      const scanner = new JsonScanner(isDocument)
      const { lenient = false, nullTexts = [] } = cells
      const rules = { ...mapping, lenient, nullTexts }
      const records = new JsonRecords(scanner, members, rules)
      const input = { file: name, maxRecordBytes, offsetBytes: startOffsetBytes, text }
      const block = new RecordBlock(members.length)
      // The number style of `cells` applies only to texts, so the block marks the cells that are JSON's own numbers.
      if (hasNumberStyle(cells)) block.numberCells = new Uint8Array(block.starts.length)
      const shown = (record: Uint8Array): Uint8Array => {
        const names = mapping.byPosition === true ? undefined : records.names
        return oneLine(namedElements(record, names, text.encoding), text.encoding)
      }
      const tokenizer = new JsonTokenizer(input, scanner, records, pathNames)
      if (isDocument) tokenizer.window.showRecord = shown
      return { tokenizer, chunks: source.chunks(), block }
    },
  })
}

/**
 * Splits a path into names.
 * @param text  names separated by dots, optionally with `$.` before and `[*]` after them; or a JSON pointer such as `/data/a.b`
 * @throws {UsageError} DDB_USAGE for any other text
 */
export function parseJsonPath(text: string): string[] {
  if (text.startsWith('/')) {
    const names = text.slice(1).split('/')
    return names.map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  const names = text.replaceAll(/^\$\.?|\[\*?\]$/g, '').split('.')
  if (names.every(name => /^[^[\]]+$/.test(name))) return names
  throw usageError(
    `${option('input.jsonPath')} ${text}: expected names of members separated by dots, such as data.items, or /data/items if names contain dots`,
  )
}

/**
 * Writes an array as an object with these names, because a record in a file of its own stands without them. The values
 * stay as they are. Only text in UTF-8 can be rewritten; the result else is the array.
 */
function namedElements(
  record: Uint8Array,
  names: readonly string[] | undefined,
  encoding: SourceText['encoding'],
): Uint8Array {
  if (names === undefined || record[0] !== ascii.openBracket || encoding !== 'utf-8') return record
  const scanner = new JsonScanner(true)
  // The scanner writes texts without their escapes after the record and a byte that ends it.
  scanner.bytes = Buffer.concat([record, new Uint8Array(record.length + 1)])
  scanner.end = record.length
  scanner.scratch = record.length + 1
  if (attempt(() => scanner.value(0)) !== record.length) return record
  const members: Uint8Array[] = []
  scanner.items(0, (start, element) => {
    const end = scanner.value(start)
    const key = `${element === 0 ? '{' : ','}${JSON.stringify(names[element])}:`
    members.push(Buffer.from(key), record.subarray(start, end))
    return end
  })
  if (members.length > 2 * names.length) return record
  return Buffer.concat([...members, Buffer.from(members.length === 0 ? '{}' : '}')])
}

/**
 * Writes an element as one line. This is safe because line ends can only stand between tokens.
 * @param encoding  of the element; in all but UTF-16, a byte below 20 (hexadecimal) is a character by itself
 */
export function oneLine(element: Uint8Array, encoding?: SourceText['encoding']): Uint8Array {
  if (element.length === 0) return element
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be'
  const low = encoding === 'utf-16be' ? 1 : 0
  const isAlone = (p: number): boolean => !isWide || (p % 2 === low && element[p ^ 1] === 0)
  const line = element.map((byte, p) => (isAlone(p) ? Math.max(32, byte) : byte))
  const end = isWide ? [lineFeed * (1 - low), lineFeed * low] : [lineFeed]
  return Buffer.concat([line, Uint8Array.from(end)])
}
