/* A file that looks like the previous file is read with the settings of the previous file. The result must be the same as if the file had
   been read alone. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { openReader } from '../../../src/parse/formats.js'
import type { PreviousFindings } from '../../../src/parse/record-reader.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { memorySource, read, readAll, type ReadOptions, type ReadResult } from '../reading.js'
import { deepTest } from '../../helpers/runs.js'

const types = 'id:INT,price:DOUBLE,name:STRING'
const target = { schema: schemaFromTypes(types), mapping: {}, cells: {} }
const options: ReadOptions = { target, ignoreExtra: true, allowMissing: true }

/** Everything that the reader reports. */
function told({ rows, places, rejects, reader }: ReadResult): unknown {
  const { format, dialect, fieldNames, fieldCount, headerBytes, headerLineNumber } = reader
  return {
    rows,
    places,
    rejects,
    found: { format, dialect, fieldNames, fieldCount, headerLineNumber },
    header: Buffer.from(headerBytes ?? []).toString('latin1'),
    counts: [reader.byteCounts, reader.columnCounts, reader.raggedRecords, reader.recordsRead],
    ends: [reader.readToEnd, reader.lastRange],
  }
}

/**
 * Reads the first text, and then each of the other texts with its settings, from memory that is overwritten
 * afterwards. The result for a text is undefined if its settings must be detected again.
 */
async function readAfter(
  first: string,
  others: readonly (string | Uint8Array)[],
  more: ReadOptions = {},
): Promise<unknown[]> {
  const lastLook: PreviousFindings = {}
  await openReader(memorySource(first), { ...options, ...more, lastLook })
  const results: unknown[] = []
  for (const other of others) {
    const bytes = typeof other === 'string' ? Buffer.from(other) : other
    // The memory is overwritten below, because the next file is read into the same bytes.
    const lent = Uint8Array.from(bytes)
    const reader = lastLook.open?.(memorySource(bytes), lent)
    lent.fill(0x23)
    results.push(reader && told(await readAll(reader, types, options)))
  }
  return results
}

const plain = 'id,price,name\n1,1.5,a\n2,2.5,b\n'

t.test('a file with the same header and plain records is not examined again', async t => {
  for (const second of [
    'id,price,name\n7,7.5,x\n',
    'id,price,name\r\n7,7.5,x\r\n',
    'id,price,name\n',
    'id,price,name\n7,7.5,x',
    'id,price,name\nno number,7.5,x\n8,,\n',
    'id,price,name\n7,7.5,gr\u00fc\u00df\u4e2d\n',
  ]) {
    const first = second.includes('\r') ? plain.replaceAll('\n', '\r\n') : plain
    const [after] = await readAfter(first, [second])
    t.strictSame(after, told(await read(second, types, options)), second)
  }
})

t.test('a file that could be read differently is examined', async t => {
  for (const [first, second] of [
    [plain, ''],
    [plain, 'id,price,name'],
    [plain, 'id,name,price\n1,a,1.5\n'],
    [plain, 'id,price,name\n1,1.5,"a"\n'],
    [plain, "id,price,name\n1,1.5,'a'\n"],
    [plain, 'id,price,name\n1,1.5,a\\b\n'],
    [plain, 'id,price,name\n1,1.5,a;b\n'],
    [plain, 'id,price,name\n1,1.5,\n2\n'],
    [plain, 'id,price,name\n1,1.5,a\n2,2.5,b,'],
    [plain, 'id,price,name\n1,1.5,a\r'],
    ["'id',price,name\n1,1.5,a\n2,2.5,b\n3,3.5,c\n", "'id',price,name\n"],
    ['id,price;name\n1,a\n2,b\n', 'id,price;name\n1,a\n'],
    [plain, 'id,price,name\n1,1.5,a,\n2,2.5,b,\n'],
    [plain, 'id,price,name\n1,1.5\n2,2.5,b,c\n3,3.5,c'],
    [plain, 'id,price,name\n\n1,1.5,a\n'],
    [plain, 'id,price,name\n1,1.5,a\r2,2.5,b\n'],
    [plain, 'id,price,name\n1,1.5,a\0\n'],
    ["id,price,name\n1,1.5,'a,b'\n2,2.5,'c'\n", 'id,price,name\n1,1.5,a\n'],
    ['id;price;name\n1;1,5;a\n2;2,5;b\n', 'id;price;name\n1;2;a\n'],
    ['id;price;name\n1;2;a\n2;3;b\n', 'id;price;name\n1;2,5;a\n'],
    ['\nid,price,name\n1,1.5,a\n', '\nid,price,name\n1,1.5,a\n'],
    ['sep=,\nid,price,name\n1,1.5,a\n', 'sep=,\nid,price,name\n1,1.5,a\n'],
    ['1,1.5,a\n', '1,1.5,a\n'],
  ] as const) {
    t.strictSame(await readAfter(first, [second]), [undefined], `${first} | ${second}`)
  }
  const other = [undefined]
  const latin1 = Buffer.from('id,price,name\n1,1.5,\xe9\n', 'latin1')
  t.strictSame(await readAfter(plain, [latin1]), other)
  t.strictSame(await readAfter(`#\n${plain}`, [`#\n${plain}`], { comment: '#' }), other)
  t.strictSame(await readAfter(`x\n${plain}`, [`x\n${plain}`], { skipLines: 1 }), other)
})

deepTest(t, 'after any file, any second file is read as if it were alone', async t => {
  const delimiter = fc.constantFrom(',', ';', '\t', '|')
  const plain = fc.constantFrom('1', '2.5', 'abc', '', '-7', 'no', 'é')
  const any = fc.oneof(plain, fc.constantFrom('"a"', '"a,b"', '1,5', "'x'", 'a\\"', '#', ' 1'))
  const recordsOf = (field: fc.Arbitrary<string>, fields: number): fc.Arbitrary<string[][]> =>
    fc.array(fc.array(field, { minLength: 3, maxLength: fields }), { maxLength: 8 })
  const file = fc.record({
    records: fc.oneof(recordsOf(plain, 3), recordsOf(any, 4)),
    delimiter,
    lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
    names: fc.constantFrom(['id', 'price', 'name'], ['id', 'price', 'name'], ['price', 'id']),
    isCut: fc.boolean(),
  })
  type File = typeof file extends fc.Arbitrary<infer Drawn> ? Drawn : never
  const textOf = ({ records, delimiter, lineEnd, names, isCut }: File): string => {
    const lines = [names, ...records].map(fields => fields.join(delimiter))
    return lines.join(lineEnd) + (isCut ? '' : lineEnd)
  }
  const few = { minLength: 1, maxLength: 3 }
  let alike = 0
  await fc.assert(
    fc.asyncProperty(file, fc.array(file, few), fc.boolean(), async (one, more, isAlike) => {
      const { delimiter, lineEnd, names } = one
      const others = more.map(other => (isAlike ? { ...other, delimiter, lineEnd, names } : other))
      const texts = others.map(textOf)
      let after: unknown[]
      try {
        after = await readAfter(textOf(one), texts)
      } catch {
        // After a first file that cannot be opened, no later file is read with its settings.
        return
      }
      for (const [i, found] of after.entries()) {
        if (found === undefined) continue
        alike++
        deepStrictEqual(found, told(await read(texts[i]!, types, options)))
      }
    }),
    { numRuns: 800 },
  )
  t.ok(alike > 100, `${alike} were alike`)
})
