/* Loads, at the start, the modules that the program loads only when it needs them. Loading a module takes real time, which does not count
   in virtual time. */
import { Readable } from 'node:stream'
import { openReader } from '../../src/parse/formats.js'
import { openSource } from '../../src/source/open-source.js'

for (const [format, text] of [
  ['csv', 'a\n1\n'],
  ['ndjson', '{"a":1}\n'],
] as const) {
  await openReader(await openSource('-', { stdin: Readable.from([text]) }), { format })
}
