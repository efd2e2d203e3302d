/*
  SYMBOL: a column stores codes, which are indexes into a base (list of distinct texts). Entry 0 of the base is '' and
  means null. A vector with its base (docs/protocol.md#symbol-vectors)
    flag       uint16  145, form 1
    length     int32
    columns    int32   1
    baseId     int32
    baseSize   int32   0: the base sent before with this id, in the same table
    base       baseSize × text ended by 00; entry 0 is ""
    codes      length × int32
  Empty vectors (as in the C++ client), pairs and sets are sent as plain strings of type 17.
*/
import { ValueError } from '../../errors.js'
import type { Decoding } from '../../wire/byte-reader.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import { type DecodeContext, encodeFlag, readCount, type SymbolBases } from '../decode-context.js'
import type { ScalarShape } from '../value.js'
import {
  type ColumnAccess,
  type ElementCodec,
  textOf,
  type TypeFacts,
  typeFacts,
} from './type-facts.js'
import { decodeStrings, stringScalar, type StringScalar, textScalars } from './strings.js'

/** Only clients send SYMBOL scalars. In DolphinDB, an element of a SYMBOL vector is a STRING. */
export type SymbolScalar = ScalarShape<'SYMBOL', string>

/** `codes` are indexes into `base`, whose entry 0 is '' and means null. Plain strings (flag 17) become codes when they arrive. */
export interface SymbolVector {
  form: 'vector'
  type: 'SYMBOL'
  length: number
  codes: Int32Array
  base: readonly string[]
}

const typeId = 17
/** The type number of a SYMBOL vector with a base: 128 + 17. */
export const symbolBaseTypeId = 145

const columns: ColumnAccess<StringScalar, SymbolVector> = {
  emptyVector: capacity => symbolVector(0, new Int32Array(capacity), ['']),
  slice: ({ codes, base }, start, end) =>
    symbolVector(end - start, codes.subarray(start, end), base),
  concat: concatSymbols,
  take: ({ codes, base }, indexes) =>
    symbolVector(
      indexes.length,
      Int32Array.from(indexes, row => codes[row]!),
      base,
    ),
  vectorOf: values => symbolVectorOf(values.map(value => textOf('SYMBOL', value))),
  // DolphinDB has no SYMBOL scalars; an element of the vector is a STRING.
  scalarAt: ({ codes, base }, index) => stringScalar(base[codes[index]!]!),
  isNullAt: ({ codes }, index) => codes[index] === 0,
}

/** Writes and reads the elements as plain strings, the form of type 17. */
const elements: ElementCodec<SymbolVector> = {
  encodeElements(writer, { length, codes, base }) {
    for (let row = 0; row < length; row++) writer.str0(base[codes[row]!]!)
  },
  *decodeElements(context, length) {
    return symbolVectorOf(yield* decodeStrings(context, length))
  },
}

export const symbolTypes: Readonly<Record<SymbolScalar['type'], TypeFacts>> = {
  SYMBOL: typeFacts(
    typeId,
    'literal',
    { bytesPerValue: 4, scalars: textScalars, columns, elements },
    String,
  ),
}

export function isSymbolVector(column: { form: string; type?: string }): column is SymbolVector {
  return column.form === 'vector' && column.type === 'SYMBOL'
}

function symbolVector(length: number, codes: Int32Array, base: readonly string[]): SymbolVector {
  return { form: 'vector', type: 'SYMBOL', length, codes, base }
}

function concatSymbols(vectors: readonly SymbolVector[]): SymbolVector {
  const [first] = vectors
  const codes = new Int32Array(vectors.reduce((sum, { length }) => sum + length, 0))
  const base = vectors.every(vector => vector.base === first!.base) ? first!.base : [...first!.base]
  const codeOfText = new Map(base === first!.base ? [] : base.map((text, code) => [text, code]))
  let at = 0
  for (const vector of vectors) {
    const { length } = vector
    if (vector.base === first!.base) codes.set(vector.codes.subarray(0, length), at)
    else recode(vector, codes.subarray(at), base as string[], codeOfText)
    at += length
  }
  return symbolVector(at, codes, base)
}

/** Stores the rows' codes for another base in `codes`. Adds texts that rows use and the base lacks, in order of rows. */
function recode(
  vector: SymbolVector,
  codes: Int32Array,
  base: string[],
  codeOfText: Map<string, number>,
): void {
  const newCodes = new Map<number, number>()
  for (let row = 0; row < vector.length; row++) {
    const code = vector.codes[row]!
    let newCode = newCodes.get(code)
    if (newCode === undefined) {
      const text = vector.base[code]!
      newCode = codeOfText.get(text) ?? base.push(text) - 1
      codeOfText.set(text, newCode)
      newCodes.set(code, newCode)
    }
    codes[row] = newCode
  }
}

/** The largest base that official clients accept. */
const maxBaseSize = 2_097_152

/** @param baseId  unique among the columns of a table, because the Java client reads only one base per id */
export function encodeSymbolVector(writer: ByteWriter, vector: SymbolVector, baseId: number): void {
  const { length } = vector
  if (length === 0) {
    encodeFlag(writer, 'vector', typeId)
    writer.i32(0)
    writer.i32(1)
    return
  }
  // A base with more entries than rows probably belongs to a larger column, of which this is a slice.
  const { codes, base } = vector.base.length > length + 1 ? compacted(vector) : vector
  if (base.length > maxBaseSize) {
    throw new ValueError(
      'DDB_INPUT_LIMIT',
      `A SYMBOL column can hold ${maxBaseSize} different texts, not ${base.length}: use STRING`,
    )
  }
  if (codes.length < length || base[0] !== '') {
    throw new ValueError('DDB_USAGE', 'A SYMBOL vector needs a code a row and "" as entry 0')
  }
  encodeFlag(writer, 'vector', symbolBaseTypeId)
  writer.i32(length)
  writer.i32(1)
  writer.i32(baseId)
  writer.i32(base.length)
  for (const text of base) writer.str0(text)
  writer.payload(new Uint8Array(codes.buffer, codes.byteOffset, length * 4))
}

/** The same column with a base of only the texts that rows use. */
function compacted(vector: SymbolVector): SymbolVector {
  const base = ['']
  const codes = new Int32Array(vector.length)
  recode(vector, codes, base, new Map([['', 0]]))
  return symbolVector(vector.length, codes, base)
}

/** For this many codes, `symbolVectorOf` remembers which code last followed the code. Must be a power of two. */
const guesses = 4_096
const noCodes = new Int32Array(0)
/** Stop guessing after more wrong guesses than this, if more than a quarter of all guesses were wrong. */
const wrongGuesses = 256

/** Makes a SYMBOL vector of texts. Numbers the texts from 1 in order of first appearance; '' is null. */
export function symbolVectorOf(texts: readonly string[]): SymbolVector {
  const { length } = texts
  const codeOfText = new Map<string, number>([['', 0]])
  const base = ['']
  const codes = new Int32Array(length)
  const codeOf = (text: string): number => {
    const known = codeOfText.get(text)
    if (known !== undefined) return known
    codeOfText.set(text, base.length)
    return base.push(text) - 1
  }
  let row = 0
  // Rows are often sorted by text, or repeat a sequence of texts. So the loop remembers which text last followed each
  // text, and guesses it again. Checking a guess is several times as fast as looking the text up.
  const nextCodes = length < guesses ? noCodes : new Int32Array(guesses)
  for (let last = 0, wrong = 0; row < length && nextCodes.length > 0; row++) {
    const text = texts[row]!
    let code = nextCodes[last]!
    if (base[code] !== text) {
      if (++wrong > wrongGuesses && 4 * wrong > row) break
      code = codeOf(text)
      nextCodes[last] = code
    }
    codes[row] = code
    last = code & (guesses - 1)
  }
  for (; row < length; row++) codes[row] = codeOf(texts[row]!)
  return symbolVector(length, codes, base)
}

/** Reads the base and the codes of a vector, after its numbers of rows and columns. */
export function* decodeSymbols(
  context: DecodeContext,
  length: number,
  bases: SymbolBases,
): Decoding<SymbolVector> {
  const { reader } = context
  if (!reader.has(8)) yield* reader.need(8)
  const baseId = reader.i32()
  const baseSize = readCount(reader, 'symbols')
  const base = baseSize === 0 ? bases.get(baseId) : yield* decodeBase(context, baseSize)
  if (base === undefined) throw reader.fault(`Symbol base ${baseId} has not been sent`, 8)
  bases.set(baseId, base)
  const byteLength = length * 4
  context.expect(byteLength)
  const bytes = yield* reader.payload(byteLength)
  const codes = new Int32Array(bytes.buffer, bytes.byteOffset, length)
  if (!allWithin(codes, base.length)) {
    const row = codes.findIndex(code => code < 0 || code >= base.length)
    throw reader.fault(
      `Symbol code ${codes[row]} is outside a base of ${base.length} entries`,
      byteLength - row * 4,
    )
  }
  return symbolVector(length, codes, base)
}

/** True if every code has an entry in the base. Checks four codes at a time, without branches, which would be slow. */
function allWithin(codes: Int32Array, baseLength: number): boolean {
  const last = baseLength - 1
  const { length } = codes
  // The sign bit of `signs` becomes set if any code is negative or beyond the last entry.
  let signs = 0
  let row = 0
  for (const end = length - 3; row < end; row += 4) {
    const first = codes[row]!
    const second = codes[row + 1]!
    const third = codes[row + 2]!
    const fourth = codes[row + 3]!
    signs |= first | second | third | fourth
    signs |= (last - first) | (last - second) | (last - third) | (last - fourth)
  }
  for (; row < length; row++) signs |= codes[row]! | (last - codes[row]!)
  return signs >= 0
}

function* decodeBase(context: DecodeContext, baseSize: number): Decoding<string[]> {
  const { reader } = context
  if (baseSize > maxBaseSize) {
    throw reader.excess(
      `A symbol base of ${baseSize} entries exceeds the ${maxBaseSize} allowed`,
      4,
    )
  }
  const base = yield* decodeStrings(context, baseSize)
  if (base[0] !== '') throw reader.fault('Entry 0 of a symbol base is not the empty string')
  return base
}
