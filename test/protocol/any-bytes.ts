/* Decodes any bytes as the contents of a stream. Every resulting value can be read, encoded and decoded again. */
import { isDeepStrictEqual } from 'node:util'
import { decodeValue } from '../../src/protocol/codec.js'
import { elementAt, formatElement, formatValue, isNullAt } from '../../src/protocol/element.js'
import { decodeRequest } from '../../src/protocol/request.js'
import { decodeResponse } from '../../src/protocol/response.js'
import type { Value } from '../../src/protocol/value.js'
import { decoded, encoded } from '../helpers/codec.js'
import { agreedOutcome, type Decoder } from '../helpers/decoded-outcome.js'

export const asValue: Decoder = reader => decodeValue(reader)
export const asRequest: Decoder = reader => decodeRequest(reader)
export const asResponse: Decoder = reader => decodeResponse(reader)
export const asBlocks: Decoder = reader => decodeResponse(reader, { blocks: true })

const partsOf = (value: Value): readonly Value[] => {
  switch (value.form) {
    case 'scalar':
    case 'arrayVector':
      return []
    case 'vector':
      return value.type === 'ANY' ? value.data : []
    case 'dictionary':
      return [value.keys, value.values]
    case 'table':
      return value.columns
    case 'matrix':
      return [value.elements, value.rowLabels, value.columnLabels].filter(
        part => part !== undefined,
      )
    default:
      return [value.elements]
  }
}

/** Reads every element. Skips untyped nulls, because a few bytes can claim a million of them. */
function readThrough(value: Value): void {
  formatScalarsOf(value)
  for (const part of partsOf(value)) readThrough(part)
}

function formatScalarsOf(value: Value): void {
  if (value.form === 'scalar') formatValue(value)
  if (value.form !== 'vector' && value.form !== 'arrayVector') return
  if ((value.form === 'vector' && value.type === 'ANY') || value.length > 10_000) return
  for (let row = 0; row < value.length; row++) {
    elementAt(value, row)
    isNullAt(value, row)
    formatElement(value, row)
  }
}

/** @throws if `bytes` decode to a value that cannot be read, or that changes when it is encoded and decoded again */
export function checkValues(bytes: Uint8Array, size: number): void {
  const { values } = agreedOutcome(bytes, size, asValue)
  for (const value of values as Value[]) {
    readThrough(value)
    const again = decoded(encoded(value))
    // Ignores the bits of NaN, because JavaScript does not distinguish the many bit patterns of NaN.
    if (isDeepStrictEqual(encoded(again), encoded(value)) || isDeepStrictEqual(again, value))
      continue
    throw new Error('It changes on its way')
  }
}
