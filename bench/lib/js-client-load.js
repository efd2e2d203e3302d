/*
  A loader as users would write it with the official JavaScript client. It reads narrow.csv line by line, makes tables of 10,000 rows, and
  inserts one table after the other, because this client supports no other way.
    node bench/lib/js-client-load.js FILE HOST PORT
*/
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { importClient } from './official-client.js'

const batchRows = 10_000
const readBytes = 1 << 20

const [path, host, port] = process.argv.slice(2)
const { DDB, DdbForm, DdbObj, DdbTable, DdbType, DdbVectorSymbol } = await importClient()

const times = new BigInt64Array(batchRows)
const symbols = new Array(batchRows)
const prices = new Float64Array(batchRows)
const ids = new Int32Array(batchRows)
let rows = 0

function vector(type, name, value) {
  return new DdbObj({ form: DdbForm.vector, type, rows, cols: 1, name, value })
}

function take(line) {
  const [time, symbol, price, id] = line.split(',')
  const [date, timeOfDay] = time.split('T')
  times[rows] = BigInt(Date.parse(`${date.replaceAll('.', '-')}T${timeOfDay}Z`))
  symbols[rows] = symbol
  prices[rows] = Number(price)
  ids[rows] = Number(id)
  rows += 1
}

const session = new DDB(`ws://${host}:${port}`)
await session.connect()

async function insert() {
  const columns = [
    vector(DdbType.timestamp, 'time', times.subarray(0, rows)),
    new DdbVectorSymbol(symbols.slice(0, rows), 'sym'),
    vector(DdbType.double, 'price', prices.subarray(0, rows)),
    vector(DdbType.int, 'id', ids.subarray(0, rows)),
  ]
  await session.call('tableInsert{trades}', [new DdbTable(columns)])
  rows = 0
}

const lines = createInterface({ input: createReadStream(path, { highWaterMark: readBytes }) })
let isHeader = true
for await (const line of lines) {
  if (!isHeader) take(line)
  isHeader = false
  if (rows === batchRows) await insert()
}
if (rows > 0) await insert()
session.disconnect()
