/*
  A value as JSON for programs. Numbers that JSON cannot represent exactly become strings: a LONG beyond 2^53, every
  DECIMAL, NaN and the infinities. Temporal values use DolphinDB's text form. A null becomes null.
*/
import { elementAt, isNullAt } from '../../protocol/element.js'
import { formatScalar } from '../../protocol/value-text.js'
import { shortestFloat } from '../../protocol/types/floats.js'
import { jsonLine } from '../output/terminal-text.js'
import type { Column, Scalar, Table, Value } from '../../protocol/value.js'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const rowsAtOnce = 500

/** Yields the text of a JSON value and a line end; a table is an array with one object per row. */
export function* jsonText(value: Value | undefined): Generator<string, void, void> {
  if (value?.form !== 'table') {
    yield jsonLine(value === undefined ? null : jsonOf(value))
    return
  }
  let text = '['
  for (let row = 0; row < value.rows; row++) {
    text += `${row === 0 ? '' : ','}\n${jsonLine(rowObject(value, row)).trimEnd()}`
    if ((row + 1) % rowsAtOnce !== 0) continue
    yield text
    text = ''
  }
  yield value.rows === 0 ? '[]\n' : `${text}\n]\n`
}

function jsonOf(value: Value): Json {
  switch (value.form) {
    case 'scalar':
      return scalarJson(value)
    case 'table':
      return Array.from({ length: value.rows }, (_, row) => rowObject(value, row))
    case 'dictionary':
      return Object.fromEntries(
        Array.from({ length: value.keys.length }, (_, index) => [
          keyText(elementAt(value.keys, index)),
          elementJson(value.values, index),
        ]),
      )
    case 'matrix':
      return Array.from({ length: value.rows }, (_, row) =>
        Array.from({ length: value.columns }, (_, column) =>
          elementJson(value.elements, column * value.rows + row),
        ),
      )
    case 'pair':
    case 'set':
      return jsonOf(value.elements)
    default:
      return Array.from({ length: value.length }, (_, index) => elementJson(value, index))
  }
}

function rowObject({ columnNames, columns }: Table, row: number): Json {
  return Object.fromEntries(
    columnNames.map((name, index) => [name, elementJson(columns[index]!, row)]),
  )
}

function elementJson(column: Column, index: number): Json {
  return isNullAt(column, index) ? null : jsonOf(elementAt(column, index))
}

function keyText(key: Value): string {
  const json = jsonOf(key)
  return typeof json === 'string' ? json : JSON.stringify(json)
}

function scalarJson(scalar: Scalar): Json {
  switch (scalar.type) {
    case 'VOID':
      return null
    case 'BOOL':
    case 'CHAR':
    case 'SHORT':
    case 'INT':
      return scalar.value
    case 'LONG':
      return scalar.value === null ? null : longJson(scalar.value)
    case 'FLOAT':
      return scalar.value === null ? null : floatJson(scalar.value)
    case 'DOUBLE':
      return scalar.value === null ? null : numberJson(scalar.value)
    case 'SYMBOL':
    case 'STRING':
      return scalar.value === '' ? null : scalar.value
    case 'COMPLEX':
    case 'POINT':
      return scalar.value === null ? null : scalar.value.map(numberJson)
    default:
      return scalar.value === null ? null : formatScalar(scalar)
  }
}

function longJson(value: bigint): Json {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function numberJson(value: number): Json {
  return Number.isFinite(value) ? value : String(value)
}

function floatJson(value: number): Json {
  return Number.isFinite(value) ? shortestFloat(value) : String(value)
}
