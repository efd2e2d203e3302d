/*
  Text into other columns of text, and into numbers where DolphinDB reads numbers out of text by itself: FLOAT,
  DOUBLE and decimals (docs/server-semantics.md#conversions-on-insert, since 3.00.5).
*/
import { columnTypeOf } from '../../protocol/element.js'
import { columnTypeText, isDecimal, maxScale, type ColumnType } from '../../protocol/data-type.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { symbolVectorOf } from '../../protocol/types/symbols.js'
import type { Column, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { columnTexts } from './column-layout.js'
import { decimalColumn } from './convert-decimal.js'
import { columnOfNumbers } from './column-numbers.js'

/** STRING, SYMBOL and BLOB into each other. */
export function textColumn(column: Vector, target: ColumnType): Column {
  if (target.type === 'BLOB') {
    const texts = columnTexts(column)!
    const encoder = new TextEncoder()
    const data = Array.from({ length: column.length }, (_, row) => encoder.encode(texts[row]))
    return { form: 'vector', type: 'BLOB', length: column.length, data }
  }
  const data = column.type === 'BLOB' ? textsOfBlobs(blobsOf(column)) : columnTexts(column)!
  if (target.type === 'SYMBOL') return symbolVectorOf(data.slice(0, column.length))
  return { form: 'vector', type: 'STRING', length: column.length, data }
}

function textsOfBlobs(blobs: readonly Uint8Array[]): string[] {
  const decoder = new TextDecoder()
  return blobs.map(blob => decoder.decode(blob))
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * Text as FLOAT, DOUBLE or a decimal; '' is null, and so is what FLOAT or DOUBLE cannot hold.
 * @throws {ScriptError} the incompatible-type text when something is not a number
 */
export function numbersOfText(column: Vector, target: ColumnType): Column {
  const all = columnTexts(column)!
  const texts = Array.from({ length: column.length }, (_, row) => all[row]!.trim())
  if (texts.some(text => text !== '' && !numberText.test(text))) {
    throw new ScriptError(
      `Incompatible type. Expected: ${columnTypeText(target)}, Actual: ${columnTypeText(columnTypeOf(column))}`,
    )
  }
  if (isDecimal(target.type)) {
    return decimalColumn(
      target,
      texts.map(text => (text === '' ? null : decimalOfText(text, target))),
    )
  }
  return columnOfNumbers(target, Float64Array.from(texts, doubleOfText))
}

/** NaN for '', and for what a double cannot hold: `1e400` is no infinity. */
function doubleOfText(text: string): number {
  const value = text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : NaN
}

/**
 * The unscaled value of decimal text, null when it is not a number; digits behind the scale are cut off, as
 * decimal32("3.1415926535", 4) is 3.1415 (DolphinDB manual, page decimal32).
 * @throws {ScriptError} when it has more digits than the type
 */
export function decimalOfText(text: string, target: ColumnType): bigint | null {
  if (!numberText.test(text)) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)!
  const scale = target.scale ?? 0
  const point = whole.length + Number(exponent) + scale
  const type = target.type as keyof typeof maxScale
  const digits = `${whole}${fraction}`.padEnd(Math.min(point, 80), '0')
  const kept = point <= 0 ? '0' : digits.slice(0, point).replace(/^0+(?=\d)/, '')
  if (kept.length > maxScale[type] || point > 80) {
    const name = columnTypeText(target)
    throw new ScriptError(
      `Can't convert STRING to ${name}: parse ${text} to ${name} failed: decimal overflow`,
    )
  }
  return sign === '-' ? -BigInt(kept) : BigInt(kept)
}
