import t from 'tap'
import {
  filled,
  mergedKeywords,
  partialOf,
  type CallArguments,
} from '../../../src/server/values/partial-function.js'
import type { FunctionValue, PartialFunction } from '../../../src/server/values/server-value.js'
import { int } from '../../helpers/values.js'

const f: FunctionValue = {
  form: 'function',
  kind: 'builtin',
  name: 'f',
  builtin: {
    name: 'f',
    parameters: ['...rest'],
    minArguments: 0,
    maxArguments: 9,
    call: () => int(0),
  },
}

const args = (...values: (number | undefined)[]): CallArguments =>
  values.map(value => (value === undefined ? undefined : int(value)))

const partial = (...bound: (number | undefined)[]): PartialFunction => partialOf(f, args(...bound))

t.test('open places take the arguments of the call, the rest goes behind', async t => {
  const _ = undefined
  const examples: [(number | undefined)[], (number | undefined)[], (number | undefined)[]][] = [
    [[], [], []],
    [[], [1, 2], [1, 2]],
    [[1], [2], [1, 2]],
    [[_, 2], [1], [1, 2]],
    [
      [_, 2],
      [1, 3],
      [1, 2, 3],
    ],
    [[_, 2, _], [1], [1, 2, _]],
    [
      [_, 2, _],
      [_, 3],
      [_, 2, 3],
    ],
    [[_, _], [], [_, _]],
    [
      [1, 2],
      [_, 4],
      [1, 2, _, 4],
    ],
  ]
  for (const [bound, given, wanted] of examples) {
    t.strictSame(filled(partial(...bound), args(...given)), args(...wanted))
  }
})

t.test('a partial application keeps the name and the arguments as they were written', async t => {
  const made = partialOf(f, args(1, undefined), new Map([['k', int(7)]]))
  t.match(made, { kind: 'partial', name: 'f', bound: args(1, undefined) })
  t.equal(made.target, f)
  t.strictSame([...made.keywords], [['k', int(7)]])
})

t.test('a partial application of another one is one application', async t => {
  let chain = partial(undefined, 2)
  for (let i = 0; i < 1000; i++) chain = partialOf(chain, [])
  chain = partialOf(chain, args(1), new Map([['k', int(1)]]))
  chain = partialOf(chain, args(3), new Map([['k', int(2)]]))
  t.equal(chain.target, f)
  t.strictSame(chain.bound, args(1, 2, 3))
  t.strictSame([...chain.keywords], [['k', int(2)]])
})

t.test('of one name the keyword of the call counts', async t => {
  const made = partialOf(
    f,
    [],
    new Map([
      ['a', int(1)],
      ['b', int(2)],
    ]),
  )
  const merged = mergedKeywords(
    made,
    new Map([
      ['b', int(3)],
      ['c', int(4)],
    ]),
  )
  t.strictSame(
    [...merged],
    [
      ['a', int(1)],
      ['b', int(3)],
      ['c', int(4)],
    ],
  )
  t.strictSame([...made.keywords.values()], [int(1), int(2)], 'the application stays what it is')
  const given = new Map([['c', int(4)]])
  t.equal(mergedKeywords(partial(), given), given)
})
