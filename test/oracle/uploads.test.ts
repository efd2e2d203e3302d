/* Data that the official client sends, read by the embedded server and by this project's client: uploaded variables, arguments of
   functions, and the bytes themselves. */
import { inspect } from 'node:util'
import { columnTypeText } from '../../src/protocol/data-type.js'
import { columnTypeOf } from '../../src/protocol/element.js'
import type { Column, Value } from '../../src/protocol/value.js'
import { decoded } from '../helpers/codec.js'
import { arrayCases, elementsOfCase, typeCases } from './cases.js'
import { startEnds, test, type ClientObject } from './client.js'
import {
  clientScalar,
  clientVector,
  elementOfClient,
  elementOfOurs,
  elementsOfClient,
  elementsOfOurs,
  shapeOf,
  type Element,
} from './elements.js'

const elementType = (type: string): string => type.replace(/[([].*/, '')

/** The type text without its scale, because `typestr` in a script omits the scale. */
const withoutScale = (type: string): string => type.replace(/\(\d+\)/, '')

test('every uploaded scalar is the variable that a script reads', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const typeCase of typeCases) {
    const { type, samples } = typeCase
    for (const { element, text } of samples) {
      const sent = clientScalar(client, type, element)
      t.strictSame(elementOfOurs(decoded(sent.pack())), element, `${type} in bytes`)
      await official.upload(['x'], [sent])
      if (type !== 'SYMBOL') {
        t.equal((await official.eval('typestr(x)')).value, elementType(type))
        t.equal((await official.eval('form(x)')).value, 0)
      }
      if (text !== undefined) t.equal((await official.eval('string(x)')).value, text, type)
      t.strictSame(elementOfClient(client, await official.eval('x')), element, `${type} back`)
    }
    for (const element of elementsOfCase(typeCase)) {
      const sent = clientScalar(client, type, element)
      t.strictSame(elementOfOurs(decoded(sent.pack())), element, `${type} in bytes`)
      const back = elementOfClient(client, await official.call('(x -> x)', [sent]))
      t.strictSame(back, element, `${type} back`)
    }
  }
})

test('every uploaded vector is the variable that a script reads', async (t, client) => {
  const { official } = await startEnds(t, client)
  const plain = typeCases.flatMap(typeCase =>
    [elementsOfCase(typeCase), []].map(rows => ({ type: typeCase.type, rows })),
  )
  for (const { type, rows } of [...plain, ...arrayCases]) {
    const sent = clientVector(client, type, rows)
    const ours = decoded(sent.pack()) as Column
    t.equal(columnTypeText(columnTypeOf(ours)), type)
    t.strictSame(elementsOfOurs(ours), rows, `${type} in bytes`)
    await official.upload(['v'], [sent])
    t.equal((await official.eval('size(v)')).value, rows.length)
    const typeText = (await official.eval('typestr(v)')).value as string
    t.equal(typeText.replace('FAST ', ''), `${withoutScale(type)} VECTOR`)
    const back = await official.eval('v')
    t.strictSame(elementsOfClient(client, back), rows, `${type} back`)
    t.equal(shapeOf(client, back).type.name, elementType(type))
  }
})

test('a script indexes into uploaded vectors', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { type, samples } of typeCases) {
    const elements = samples.map(each => each.element)
    await official.upload(['v'], [clientVector(client, type, elements)])
    for (const [at, { script, element }] of samples.entries()) {
      const value = await official.eval(`v[${at}]`)
      t.strictSame(elementOfClient(client, value), element, `${type} ${at}`)
      const isSame = (await official.eval(`eqObj(v[${at}], ${script})`)).value
      if (type !== 'SYMBOL') t.equal(isSame, true, `${script} is v[${at}]`)
    }
  }
})

test('a row without cells, which the client can send, is one null cell', async (t, client) => {
  const { official } = await startEnds(t, client)
  await official.upload(['v'], [clientVector(client, 'INT[]', [[1, 2], [], [3]])])
  t.equal((await official.eval('size(v)')).value, 3)
  const back = elementsOfClient(client, await official.eval('v'))
  t.strictSame(back, [[1, 2], [null], [3]])
})

test('plain JavaScript values become arguments', async (t, client) => {
  const { official } = await startEnds(t, client)
  const typestr = async (value: string | boolean | null | undefined): Promise<unknown> =>
    (await official.call('typestr', [value])).value
  t.equal(await typestr('a'), 'STRING')
  t.equal(await typestr(true), 'BOOL')
  t.equal(await typestr(null), 'VOID')
  t.equal(await typestr(undefined), 'VOID')
  t.strictSame(await official.invoke('add', [1, 2]), 3, 'numbers are sent as JSON')
  t.strictSame(await official.invoke('size', [['a', 'b']]), 2)
  t.strictSame(await official.invoke('typestr', [[1, 2.5]]), 'FAST DOUBLE VECTOR')
})

test('uploaded dictionaries, matrices, tuples and sets', async (t, client) => {
  const { official } = await startEnds(t, client)
  const { make, DdbObj, DdbForm, DdbType } = client
  const values: [ClientObject, type: string][] = [
    [new make['DdbDict']!({ a: new make['DdbInt']!(1), b: 'x' }), 'STRING->ANY DICTIONARY'],
    [
      new make['DdbDict']!(
        clientVector(client, 'DATE', [-1, 15_504]),
        clientVector(client, 'DECIMAL64(2)', [150n, null]),
      ),
      'DATE->DECIMAL64 DICTIONARY',
    ],
    [
      new DdbObj({
        form: DdbForm['matrix'],
        type: DdbType['double'],
        rows: 3,
        cols: 2,
        value: {
          rows: clientVector(client, 'DATE', [-1, 0, 1]),
          cols: clientVector(client, 'STRING', ['u', 'v']),
          data: Float64Array.of(1.5, 2, 3, 4, 5, -0),
        },
      }),
      'DOUBLE MATRIX',
    ],
    [
      new make['DdbVectorAny']!([
        clientVector(client, 'SYMBOL', ['a', 'b']),
        clientScalar(client, 'UUID', '00112233445566778899aabbccddeeff'),
        clientVector(client, 'INT[]', [[1], [2, 3]]),
        new make['DdbVectorAny']!([]),
        new make['DdbVoid']!(),
        new make['DdbVoid']!(client.DdbVoidType['null']!),
      ]),
      'ANY VECTOR',
    ],
  ]
  for (const [sent, type] of values) {
    await official.upload(['x'], [sent])
    t.equal(((await official.eval('typestr(x)')).value as string).replace('FAST ', ''), type)
    const back = await official.eval('x')
    t.strictSame(back.data(), sent.data(), type)
    t.equal(Buffer.compare(back.pack(), sent.pack()), 0, `${type}: the same bytes come back`)
  }
})

test('a pair and a set of every type', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { type, samples } of typeCases) {
    if (type === 'SYMBOL' || type === 'DURATION') continue
    const elements = [samples[1]!.element, samples[0]!.element]
    for (const form of ['pair', 'set'] as const) {
      const vector = clientVector(client, type, elements)
      const sent = new client.DdbObj({ ...vector, form: client.DdbForm[form] })
      const ours = decoded(sent.pack()) as Extract<Value, { form: typeof form }>
      t.equal(ours.form, form, type)
      t.strictSame(elementsOfOurs(ours.elements), elements, `${form} of ${type} in bytes`)
      const back = await official.call('(x -> x)', [sent])
      t.equal(back.form, client.DdbForm[form])
      const order = (list: readonly Element[]): string[] => list.map(each => inspect(each)).sort()
      const ofClient = order(elementsOfClient(client, back))
      t.strictSame(ofClient, order(elements), `${form} of ${type} back`)
    }
  }
})

test('several variables in one request', async (t, client) => {
  const { official } = await startEnds(t, client)
  const types = ['INT', 'SYMBOL', 'DECIMAL128(10)', 'INT[]', 'STRING']
  const lists: Element[][] = [[1, null], ['a', 'b'], [5n], [[1, 2]], ['', '数据']]
  const vectors = types.map((type, at) => clientVector(client, type, lists[at]!))
  await official.upload(['a', 'b', 'c', 'd', 'e'], vectors)
  for (const [at, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    const back = elementsOfClient(client, await official.eval(name))
    t.strictSame(back, lists[at], name)
  }
})
