import t from 'tap'
import {
  parseScopeOf,
  runUnits,
  topFrame,
} from '../../../../src/server/script/session/run-script.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import {
  atOnce,
  hastyRuntime,
  inTurns,
  shownRestlessly,
  shownValue,
  testRuntime,
} from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'

const examples: Readonly<Record<string, string>> = {
  '1+2': '3',
  '1+2\nx=3': '',
  'x=3\nx': '3',
  'sleep(0);1+2': '3',
  '': '',
  '// nothing': '',
  'if(true){5}': '',
  'x=1\ngo\n': '',
  '1\ngo\n': '1',
  '1\ngo\n// nothing': '1',
  '1\ngo\nx=2': '',
  '1\ngo\n2': '2',
  'return 7\n8': '7',
  'return 7\ngo\n8': '7',
  'if(true){return 7}\n8': '7',
  'for(i in 1..9){if(i==4){return i}}\n8': '4',
  'return\n8': '',
  '1; break; 2': '2',
}

t.test('a script answers with its last statement', async t => {
  for (const [script, shown] of Object.entries(examples)) {
    t.equal(await testSession().show(script), shown, script)
    t.equal(await shownRestlessly(script), shown, `${script}, giving way`)
  }
})

t.test('names are functions as the session says at that time', async t => {
  const runtime = testRuntime()
  const scope = parseScopeOf(runtime)
  const { variables, functions } = runtime.session
  t.ok(scope.isFunction('sum'))
  t.notOk(scope.isFunction('f'))
  functions.set('f', runtime.findFunction('sum')!)
  t.ok(scope.isFunction('f'))
  variables.set('f', intScalar(1)).set('g', runtime.findFunction('sum')!)
  t.notOk(scope.isFunction('f'), 'a variable hides it')
  t.ok(scope.isFunction('g'), 'unless it holds a function')
})

t.test('the top has the variables and constants of the session', async t => {
  const runtime = testRuntime()
  const frame = topFrame(runtime)
  atOnce(runUnits(runtime, 'x = 1; const c = 2'))
  t.strictSame([...frame.variables.keys()], ['x', 'c'])
  t.ok(frame.readOnly.has('c'))
  t.notOk(frame.readOnly.has('x'))
  t.equal(frame.columns, undefined)
})

t.test('errors of statements are located, those of the parser are not', async t => {
  const { fail } = testSession()
  t.equal(await fail('x = 1\nx * `a'), 'x * `a => Arguments for mul method can not be string.')
  t.equal(await fail('x = )'), 'Syntax Error: [line #1] Cannot recognize the token )')
  t.equal(await fail('nosuch'), 'Syntax Error: [line #1] Cannot recognize the token nosuch')
})

t.test('the stack has room for a deep script only where nothing else is deep', async t => {
  const { fail, show } = testSession()
  const deep = (levels: number): string => `x = 1\nx${'[0]'.repeat(levels)}`
  t.equal(await show(deep(600)), '1')
  t.match(await fail(deep(699)), 'nested too deeply')
  const calls = `def f(n){return n == 0 ? 0 : f(n-1)}\n`
  t.equal(await show(`${calls}f(40)`), '0')
  const both = `${calls}x = f(40)\ny = ${'-('.repeat(120)}f(140)${')'.repeat(120)}`
  t.match(await fail(both), 'called too deeply')
})

t.test('values of statements that are over take no memory', async t => {
  const { show, fail } = testSession({ maxRequestBytes: 2_000_000 })
  const v = 'take(1.0, 50000)'
  t.equal(await show(Array.from({ length: 20 }, () => v).join('\n') + '\n1'), '1')
  t.match(await fail(`(${v}, ${v}, ${v}, ${v}, ${v}, ${v})`), /Out of memory/)
})

t.test('a script of many statements gives way between them', async t => {
  const script = `x = 0\n${'x += 1\n'.repeat(2000)}x`
  const { runtime, clock } = hastyRuntime()
  const { value } = await inTurns(runUnits(runtime, script))
  t.equal(value && shownValue(value), '2000')
  t.ok(clock.turns > 30, `${clock.turns} times`)
})

t.test('go divides a script: what comes behind it is parsed when the rest has run', async t => {
  const { show, fail, run } = testSession()
  t.equal(
    await fail('t=table(1 2 as x)\nshare(t,`st1)\nselect * from st1'),
    'Syntax Error: [line #3] Cannot recognize the token st1',
  )
  t.equal(await fail('st1'), 'Syntax Error: [line #1] Cannot recognize the token st1')
  t.equal(await show('t=table(1 2 as x)\nshare(t,`st1);\ngo;\nexec count(*) from st1'), '2')
  t.match(await fail('x=1\ngo\ny = )'), 'Syntax Error: [line #3] Cannot recognize the token )')
  t.equal(await show('x'), '1')
  t.equal(await run('x=2\ngo'), undefined)
})

t.test('nothing of a unit runs when something in it cannot be parsed', async t => {
  const { fail, show } = testSession()
  await fail('before=1\nnosuch(2)')
  t.equal(await show('defined(`before)'), 'false')
})
