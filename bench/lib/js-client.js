/*
  The official JavaScript client as bench/types.js measures it. Its values use the same typed arrays as ours. This file converts
  everything else in our values before the clock starts.
*/
import { dataTypes } from './internals.js'
import { importClient } from './official-client.js'
import { encode } from './our-codec.js'

const maxBlockRows = 65_535

let client

/** Rows of an array vector in as few blocks as possible, because the client has no constructor that makes blocks. */
function blocksOf({ length, offsets, cells }) {
  const blocks = []
  for (let start = 0; start < length; start += maxBlockRows) {
    const end = Math.min(length, start + maxBlockRows)
    const lengths = Uint8Array.from({ length: end - start }, (_, row) => {
      return offsets[start + row + 1] - offsets[start + row]
    })
    const data = cells.data.subarray(offsets[start], offsets[end])
    blocks.push({ unit: 1, rows: end - start, lengths, data })
  }
  return blocks
}

function elementsOf({ type, scale, data, codes, base }) {
  switch (type) {
    case 'SYMBOL':
      return { base_id: 0, base, data: codes }
    case 'DURATION':
      return Array.from({ length: data.length / 2 }, (_, row) => {
        return { data: data[row * 2], unit: data[row * 2 + 1] }
      })
    case 'DECIMAL32':
    case 'DECIMAL64':
      return { scale, data }
    case 'DECIMAL128':
      return {
        scale,
        data: new client.BigInt128Array(data.buffer, data.byteOffset, data.length / 16),
      }
    default:
      return data
  }
}

function vectorOf(column, name) {
  const { DdbForm, DdbObj, DdbType } = client
  const head = { form: DdbForm.vector, rows: column.length, name }
  if (column.form === 'arrayVector') {
    const type = 64 + dataTypes[column.cells.type].id
    return new DdbObj({ ...head, type, cols: column.cells.length, value: blocksOf(column) })
  }
  const type = column.type === 'SYMBOL' ? DdbType.symbol_extended : dataTypes[column.type].id
  return new DdbObj({ ...head, type, cols: 1, value: elementsOf(column) })
}

/**
 * Returns a function that makes the client's value from ours; the time of that function counts. Vectors are made beforehand,
 * except SYMBOL from texts, because the client's constructor for SYMBOL does the work of finding the codes.
 */
function maker(value) {
  if (value.form === 'table') {
    const makers = value.columns.map((column, index) =>
      maker({ ...column, name: value.columnNames[index] }),
    )
    return () => new client.DdbTable(makers.map(make => make()))
  }
  const { texts, name } = value
  if (texts !== undefined) return () => new client.DdbVectorSymbol(texts, name)
  const vector = vectorOf(value, name)
  return () => vector
}

const succeeds = work => {
  try {
    return work() !== undefined
  } catch {
    return false
  }
}

/** The works that can be timed with a value of `typeValues`, except works that the client refuses. */
function worksOf(value) {
  const bytes = new Uint8Array(encode(value))
  const make = maker(value)
  const works = {
    encode: () => make().pack(),
    decode: () => client.DdbObj.parse(bytes, true),
  }
  return Object.fromEntries(Object.entries(works).filter(([, work]) => succeeds(work)))
}

export async function loadCodec() {
  client = await importClient()
  return worksOf
}
