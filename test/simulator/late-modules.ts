/*
  Loads modules early that the program loads late: reading a module takes real time, which virtual time does not
  include.
*/
import { Readable } from 'node:stream'
import { openReader } from '../../src/parse/formats.js'
import { openSource } from '../../src/source/open-source.js'

for (const [format, text] of [
  ['csv', 'a\n1\n'],
  ['ndjson', '{"a":1}\n'],
] as const) {
  await openReader(await openSource('-', { stdin: Readable.from([text]) }), { format })
}
