/* Any value that the official client sends comes back unchanged, and this project's client reads the same value as the official client,
   also from what other clients send. */
import fc from 'fast-check'
import type { Table } from '../../src/protocol/value.js'
import { decoded, encoded } from '../helpers/codec.js'
import { recordings, type Recording } from '../helpers/recordings.js'
import { arbitraryElement, arbitraryRow, listOf } from './arbitrary.js'
import { arrayCases, typeCases } from './cases.js'
import { startEnds, test, type ClientObject } from './client.js'
import {
  clientScalar,
  clientVector,
  elementOfClient,
  elementsOfClient,
  elementsOfOurs,
  type Element,
} from './elements.js'
import { forAll, forAllAsync, runs } from '../helpers/runs.js'

/** Whether both hold the same elements. NaN equals NaN, and −0 differs from 0. */
function sameElements(a: Element, b: Element): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) {
    return Object.is(a, b)
  }
  const [first, second] = [Object.entries(a), Object.entries(b)]
  return (
    first.length === second.length &&
    first.every(([key, element], at) => {
      const [otherKey, other] = second[at]!
      return key === otherKey && sameElements(element, other)
    })
  )
}

test('a scalar of any type comes back unchanged', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { type } of typeCases) {
    await forAllAsync(10)(arbitraryElement(type), async element => {
      const back = await official.call('(x -> x)', [clientScalar(client, type, element)])
      return sameElements(elementOfClient(client, back), element)
    })
  }
})

test('our codec writes the bytes of the client, and the client reads them', async (_, client) => {
  for (const { type } of [...typeCases, ...arrayCases]) {
    const element = type.endsWith('[]') ? arbitraryRow(type.slice(0, -2)) : arbitraryElement(type)
    // A SYMBOL vector without rows has two forms: with a base of one entry, or plain (C++ client, this project).
    const minLength = type === 'SYMBOL' ? 1 : 0
    forAll(15)(fc.array(element, { minLength, maxLength: 30 }), elements => {
      const sent = clientVector(client, type, elements).pack()
      const ours = encoded(decoded(sent))
      const read = client.DdbObj.parse(ours, true)
      return ours.equals(sent) && sameElements(elementsOfClient(client, read), elements)
    })
  }
})

interface Columns {
  readonly types: readonly string[]
  readonly lists: readonly (readonly Element[])[]
}

// A table cannot have a DURATION column.
const columnTypes = [...typeCases, ...arrayCases]
  .map(({ type }) => type)
  .filter(type => type !== 'DURATION')

const arbitraryColumns: fc.Arbitrary<Columns> = fc
  .tuple(fc.array(fc.constantFrom(...columnTypes), { minLength: 1, maxLength: 6 }), fc.nat(25))
  .chain(([types, rows]) =>
    fc
      .tuple(
        ...types.map(type =>
          listOf(
            type.endsWith('[]') ? arbitraryRow(type.slice(0, -2)) : arbitraryElement(type),
            rows,
          ),
        ),
      )
      .map(lists => ({ types, lists })),
  )

test('a table of any columns, inserted by the client, is read by our client and by itself', async (t, client) => {
  const { official, session } = await startEnds(t, client)
  let inserted = 0
  await forAllAsync(30)(arbitraryColumns, async ({ types, lists }) => {
    const name = `t${inserted++}`
    const names = types.map((_, at) => `\`c${at}`).join('')
    await official.eval(`share table(100:0, ${names}, [${types.join(', ')}]) as ${name}`)
    const columns = types.map((type, at) => clientVector(client, type, lists[at]!, `c${at}`))
    const table = new client.make['DdbTable']!(columns)
    const answer = await official.call(`tableInsert{${name}}`, [table])
    const ours = await session.run<Table>(`select * from ${name}`)
    const theirs = (await official.eval(`select * from ${name}`)).value as ClientObject[]
    await official.eval(`undef(\`${name}, SHARED)`)
    return (
      answer.value === lists[0]!.length &&
      lists.every((list, at) => sameElements(elementsOfOurs(ours.columns[at]!), list)) &&
      lists.every((list, at) => sameElements(elementsOfClient(client, theirs[at]!), list))
    )
  })
  t.ok(inserted >= runs(30))
})

/** The arguments of a recording's last request, in the form in which they were sent. */
function argumentBytes({ bytes, requests }: Recording): Uint8Array {
  const { off, len } = requests.at(-1)!
  const request = bytes.subarray(off, off + len)
  const bodyStart = request.indexOf('\n') + 1
  const bodyBytes = Number(request.toString('latin1', 0, bodyStart).split(' ')[2])
  // As a Uint8Array: the client relies on slice() to copy, but the slice() of a Buffer does not copy.
  return Uint8Array.from(request.subarray(bodyStart + bodyBytes))
}

test('the client reads tables as Java and C++ send them, but none with compressed columns', async (t, client) => {
  const cases = recordings.filter(({ name }) => /^(alltypes|big|bigarray)/.test(name))
  t.ok(cases.length >= 10, 'recordings are found')
  for (const recording of cases) {
    const bytes = argumentBytes(recording)
    const ours = decoded(bytes) as Table
    const title = `${recording.client} ${recording.name}`
    if (recording.compressed) {
      t.throws(() => client.DdbObj.parse(bytes, true), title)
      continue
    }
    const theirs = client.DdbObj.parse(bytes, true)
    for (const [at, column] of (theirs.value as ClientObject[]).entries()) {
      const name = `${title} ${ours.columnNames[at]}`
      t.equal(column.name, ours.columnNames[at], name)
      t.strictSame(elementsOfClient(client, column), elementsOfOurs(ours.columns[at]!), name)
    }
  }
})
