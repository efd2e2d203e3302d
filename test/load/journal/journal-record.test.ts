import { crc32 } from 'node:zlib'
import t from 'tap'
import {
  recordLine,
  recordOf,
  type JournalRecord,
} from '../../../src/load/journal/journal-record.js'

const batch: JournalRecord = {
  kind: 'batch',
  stream: 1,
  no: 3,
  ranges: [{ input: 0, startBytes: 9, endBytes: 409, rows: 40, endLine: 42, records: 41 }],
}
const json =
  '{"kind":"batch","stream":1,"no":3,"ranges":[{"input":0,"startBytes":9,"endBytes":409,"rows":40,"endLine":42,"records":41}]}'

t.test('a record is a line of its checksum and JSON', async t => {
  // The expected checksum was computed by Python's zlib.crc32.
  t.equal(recordLine(batch), `11e6d0c6 ${json}\n`)
  t.strictSame(recordOf(`11e6d0c6 ${json}`), batch)
})

t.test('a line that is not a record is refused', async t => {
  const line = recordLine(batch).slice(0, -1)
  for (const other of [
    '',
    ' ',
    '11e6d0c6',
    '11e6d0c6 ',
    json,
    ` ${line}`,
    `${line} `,
    `${line}\r`,
    line.toUpperCase(),
    line.replace('11e6d0c6', '11E6D0C6'),
    line.replace(' ', '\t'),
    line.replace('"no":3', '"no":4'),
    '\0'.repeat(100),
  ]) {
    t.equal(recordOf(other), undefined, JSON.stringify(other))
  }
  const text = 'no JSON'
  t.equal(recordOf(`${crc32(text).toString(16).padStart(8, '0')} ${text}`), undefined)
})
