/*
  The value of a request on its way to the wire. Long columns of text are put into their wire form here, where other
  sessions get their turn in between; all other long columns travel as they are.
*/
import { encodeStrings } from '../../../protocol/types/strings.js'
import { sliceColumn } from '../../../protocol/element.js'
import type { Column, StringVector, Value } from '../../../protocol/value.js'
import { ByteWriter } from '../../../wire/byte-writer.js'
import type { CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { eachPiece, elementCount, endOfPiece, longVector, pieceRows } from '../../values/pieces.js'
import type { ServerValue } from '../../values/server-value.js'
import { toWire } from '../../elements/wire-values.js'

/** Elements of tuples, each of which travels with a type of its own, and entries of dictionaries. */
const maxElements = 1_048_576

/**
 * @returns the value at once where there is little to do
 * @throws {ScriptError} for what is nested too deeply, or has too many elements to be sent in one go
 */
export function replyOf(context: CallContext, value: ServerValue): Value | Evaluation<Value> {
  checkElements(context, value)
  const wire = toWire(value)
  const columns = wire.form === 'table' ? wire.columns : [wire]
  return columns.some(isLongText) ? withEncodedTexts(context, wire) : wire
}

function checkElements({ memory }: CallContext, value: ServerValue): void {
  const isTuple = value.form === 'vector' && value.type === 'ANY'
  if (!isTuple && value.form !== 'list' && value.form !== 'serverDictionary') return
  memory.checkSize(value)
  if (elementCount(value) <= maxElements) return
  throw new ScriptError(
    `An answer of the embedded server has at most ${maxElements} elements in tuples and dictionaries.`,
  )
}

function isLongText(value: Value): value is StringVector {
  if (value.form !== 'vector' || value.type !== 'STRING' || !('data' in value)) return false
  return longVector(value) !== undefined
}

function* withEncodedTexts(context: CallContext, value: Value): Evaluation<Value> {
  if (value.form !== 'table') return isLongText(value) ? yield* encoded(context, value) : value
  const columns: Column[] = []
  for (const column of value.columns) {
    columns.push(isLongText(column) ? yield* encoded(context, column) : column)
  }
  return { ...value, columns }
}

function* encoded(context: CallContext, column: StringVector): Evaluation<Column> {
  const writer = new ByteWriter()
  const chunks: Uint8Array[] = []
  let byteLength = 0
  for (let from = 0; from < column.length;) {
    const end = endOfPiece(column, from)
    encodeStrings(writer, sliceColumn(column, from, end) as StringVector)
    byteLength += writer.byteLength
    context.memory.expect(2 * byteLength)
    chunks.push(...writer.take())
    from = end
    const pause = context.step(pieceRows)
    if (pause !== undefined) yield pause
  }
  const bytes = new Uint8Array(byteLength)
  let at = 0
  yield* eachPiece(context, chunks.length, (from, to) => {
    for (const chunk of chunks.slice(from, to)) {
      bytes.set(chunk, at)
      at += chunk.length
    }
  })
  return { form: 'vector', type: 'STRING', length: column.length, encoded: bytes }
}
