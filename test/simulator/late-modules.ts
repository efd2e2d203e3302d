/*
  What is loaded late is loaded now: reading a module takes real time, of which a simulation knows nothing.
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
