import t from 'tap'
import {
  evaluateIndex,
  evaluateIndexValue,
} from '../../../../src/server/script/evaluate/evaluate-index.js'
import type { Frame } from '../../../../src/server/script/evaluate/frame.js'
import type { Index } from '../../../../src/server/script/parse/syntax.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { claimArray, ownsArray } from '../../../../src/server/values/ownership.js'
import type { Vector } from '../../../../src/protocol/value.js'
import { atOnce, frameOn, nodeIn, shownValue, testRuntime } from '../../../helpers/runtime.js'

const setup = `
x = 5 7 0 4; i = 1; e = array(INT, 0)
tp = (1 2 3, \`a, "bc")
d = {k: 1 2, l: 3}
m = 1..6$2:3
t = table(1 2 as a, 3 4 as b)
def f(a, b){return a*10+b}
def one(){return 1}`

function usual(): Frame {
  const runtime = testRuntime()
  atOnce(runUnits(runtime, setup))
  return frameOn(runtime)
}

const picked = (source: string, frame = usual()): string =>
  shownValue(atOnce(evaluateIndex(nodeIn(frame, source) as Index, frame)))

const values: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'values pick by position, by several, by truth and by bounds': {
    'x[1]': '7',
    'x[i+1]': '0',
    'x[one()]': '7',
    'x[2 0]': '[0,5]',
    'x[x>4]': '[5,7]',
    'x[1:3]': '[7,0]',
    'x[i:]': '[7,0,4]',
    'x[:i+1]': '[5,7]',
    'x[:]': '[5,7,0,4]',
    'x[9]': '',
    'x[3 NULL]': '[4,]',
    'e[0]': '',
    'e[:2]': '[]',
    'x[4:]': '[]',
    'x[:0]': '[]',
    '(x+1)[0]': '6',
    '(1..9)[2:4]': '[3,4]',
  },
  'other containers pick what they are made of': {
    'tp[0]': '[1,2,3]',
    'tp[0][1]': '2',
    'tp[2]': 'bc',
    'd[`k]': '[1,2]',
    'd[`k][1]': '2',
    'd[`no]': '',
    'm[1]': '[3,4]',
    'm[1, 2]': '6',
    't[`b]': '[3,4]',
    't[1, `b]': '4',
  },
  'a function picks where it says true': {
    'x[y -> y > 4]': '[5,7]',
    'x[y -> 0 1]': '[5,7]',
  },
  'a function is applied to what stands in the brackets': {
    'f[1, 2]': '12',
    'f{1}[2]': '12',
    '(sum)[x]': '16',
    'add[x, 1]': '[6,8,1,5]',
    'sum[1, 2, 3]': '6',
    'one[]': '1',
  },
}

for (const [title, cases] of Object.entries(values)) {
  t.test(title, async t => {
    for (const [source, wanted] of Object.entries(cases)) t.equal(picked(source), wanted, source)
  })
}

t.test('a type with empty brackets is that of its arrays', async t => {
  const frame = usual()
  t.strictSame(atOnce(evaluateIndex(nodeIn(frame, 'INT[]') as Index, frame)), {
    form: 'type',
    column: { type: 'INT', array: true },
  })
  t.strictSame(atOnce(evaluateIndex(nodeIn(frame, 'DECIMAL64(2)[]') as Index, frame)), {
    form: 'type',
    column: { type: 'DECIMAL64', scale: 2, array: true },
  })
})

const failures: Readonly<Record<string, RegExp>> = {
  'f[1:]': /^A function can not be sliced\.$/,
  'f[1]': /The function \[f\] expects 2 argument/,
  'x[`a]': /must be an integer/,
  'x[]': /An index is expected/,
  'x[objByName("no")]': /Can't find the object with name no$/,
}

t.test('what is no index is refused', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => picked(source), { message }, source)
  }
})

t.test('bounds of a slice are integers, or nothing', async t => {
  const frame = usual()
  const bounds = (source: string): unknown => {
    const { indexes } = nodeIn(frame, `x[${source}]`) as Index
    return atOnce(evaluateIndexValue(indexes[0]!, frame))
  }
  t.strictSame(bounds('i+1:'), { form: 'slice', from: 2, to: undefined })
  t.strictSame(bounds(':5l'), { form: 'slice', from: undefined, to: 5 })
  t.strictSame(bounds('NULL:'), { form: 'slice', from: undefined, to: undefined })
  t.match(bounds('i'), { form: 'scalar', value: 1 })
})

t.test('a variable that is only read may still be changed in place', async t => {
  const frame = usual()
  const x = frame.variables.get('x') as Vector
  claimArray(x)
  picked('x[1]', frame)
  t.ok(ownsArray(x))
})
