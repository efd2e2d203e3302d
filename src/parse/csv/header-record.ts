/*
  Examines the first record of a delimited text: decides whether it looks like a header, and reads the names in it.
*/
import { InputError, option } from '../../errors.js'

/** Largest number of fields in a first record; a record with more is probably not delimited text. */
export const maxHeaderFields = 65_536

/** The first record, before it is known to be a header or a row. */
export interface FirstRecord {
  /** Fields without their quotes. */
  readonly fields: readonly Uint8Array[]
  /** The record unchanged, with its line end. */
  readonly bytes: Uint8Array
  readonly lineNumber: number
  readonly offsetBytes: number
}

const digits = /^[+-]?\.?\d/

/** DolphinDB's rule (docs/server-semantics.md#text-of-values), extended to signs: no name begins like `1` or `-1`. */
export function looksLikeHeader(record: FirstRecord): boolean {
  const texts = record.fields.map(field => Buffer.from(field).toString('latin1').trim())
  return texts.some(text => text !== '') && !texts.some(text => digits.test(text))
}

/** Removes the empty last field of a first record that ends with a delimiter, as all records do. */
export function withoutLast(record: FirstRecord | undefined): FirstRecord | undefined {
  if (record === undefined || record.fields.length < 2 || record.fields.at(-1)?.length !== 0) {
    return record
  }
  return { ...record, fields: record.fields.slice(0, -1) }
}

/**
 * The names in the record, without blanks around them.
 * @throws {InputError} DDB_INPUT_ENCODING
 */
export function headerNames(record: FirstRecord, file: string): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return record.fields.map(field => decoder.decode(field).trim())
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `the header of ${file} holds bytes that are not text in its encoding: repair them, or name another ${option('input.encoding')}`,
      { file, lineNumber: record.lineNumber, offsetBytes: record.offsetBytes },
      { cause },
    )
  }
}
